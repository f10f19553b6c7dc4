package conformance

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
)

//go:embed cases/*.json
var files embed.FS

// Case is one script.
type Case struct {
	Name        string                     `json:"name"`
	About       string                     `json:"about"`
	Role        string                     `json:"role"` // visitor, agent
	Inbox       bool                       `json:"inbox,omitempty"`
	Conv        string                     `json:"conv"`
	Client      []Action                   `json:"client"`
	Connections []Connection               `json:"connections,omitempty"`
	NoReturnMS  int                        `json:"no_return_ms,omitempty"`
	Expect      map[string]json.RawMessage `json:"expect"`
}

// Action is something that the harness does with its client.
type Action struct {
	When When `json:"when"`
	Do   Do   `json:"do"`
}

// When says how much must have been seen; all of it must hold.
type When struct {
	Hellos  int  `json:"hellos,omitempty"`
	Events  int  `json:"events,omitempty"`
	Resumed int  `json:"resumed,omitempty"`
	Offers  int  `json:"offers,omitempty"`
	Refused int  `json:"refused,omitempty"`
	Waiting *int `json:"waiting,omitempty"`
}

// Do is one act; exactly one field is set.
type Do struct {
	Send     *Send        `json:"send,omitempty"`
	Edit     *EditAct     `json:"edit,omitempty"`
	Remove   uint32       `json:"remove,omitempty"`
	Read     uint32       `json:"read,omitempty"`
	Typing   bool         `json:"typing,omitempty"`
	View     bool         `json:"view,omitempty"`
	Follow   string       `json:"follow,omitempty"`
	Answer   *AnswerAct   `json:"answer,omitempty"`
	Presence *PresenceAct `json:"presence,omitempty"`
	Restart  bool         `json:"restart,omitempty"`
}

// Send is a message.
type Send struct {
	Content  string   `json:"content"`
	Type     string   `json:"type,omitempty"`
	Mentions []string `json:"mentions,omitempty"`
	BaseSeq  uint32   `json:"base_seq,omitempty"`
}

// EditAct changes a message.
type EditAct struct {
	Seq     uint32 `json:"seq"`
	Content string `json:"content"`
}

// AnswerAct answers an offer.
type AnswerAct struct {
	Offer  string `json:"offer"`
	Accept bool   `json:"accept"`
}

// PresenceAct sets the presence.
type PresenceAct struct {
	Presence string `json:"presence"`
	Reason   string `json:"reason,omitempty"`
}

// Connection is what one connection meets.
type Connection struct {
	NotBeforeMS int    `json:"not_before_ms,omitempty"` // after the end of the one before
	Refuse      int    `json:"refuse,omitempty"`        // answer the upgrade with this status instead
	Steps       []Step `json:"steps"`
}

// Step is one step of a script; exactly one field is set.
type Step struct {
	Recv    json.RawMessage `json:"recv,omitempty"`  // a pattern or a list of patterns
	Maybe   json.RawMessage `json:"maybe,omitempty"` // beside recv: a pattern that may come before, any number of times
	Send    json.RawMessage `json:"send,omitempty"`  // a ServerFrame
	Rows    *Rows           `json:"rows,omitempty"`
	Close   int             `json:"close,omitempty"`
	Cut     bool            `json:"cut,omitempty"`
	PauseMS int             `json:"pause_ms,omitempty"`
	// AwaitEnd passes over what comes until the client ends the connection.
	AwaitEnd bool `json:"await_end,omitempty"`
}

// Rows are events with running numbers.
type Rows struct {
	Conv string `json:"conv"`
	From uint32 `json:"from"`
	To   uint32 `json:"to"`
	Text string `json:"text"`
}

// Cases returns all cases, by name.
func Cases() ([]Case, error) {
	names, err := files.ReadDir("cases")
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	var all []Case
	for _, name := range names {
		b, err := files.ReadFile(path.Join("cases", name.Name()))
		if err != nil {
			return nil, fmt.Errorf("read case: %w", err)
		}
		var group []Case
		dec := json.NewDecoder(strings.NewReader(string(b)))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&group); err != nil {
			return nil, fmt.Errorf("read cases of %s: %w", name.Name(), err)
		}
		all = append(all, group...)
	}
	slices.SortFunc(all, func(a, b Case) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

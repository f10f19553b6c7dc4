package chat

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"

	"frontdesk/internal/identity"
)

// Entry is one row to append to a conversation's log.
type Entry struct {
	Conversation string
	// CID makes the append idempotent within the conversation: the same cid is one row, however often it is sent.
	CID     string
	Author  Author
	Kind    Kind
	Content string
	Data    Data
	// Expect is evaluated inside the commit, after the conversation is locked; the zero Expect always holds.
	Expect Expect
	// Change moves the conversation's state in the same transaction. Nil for plain rows, which are batched.
	Change *Change
}

// Expect is what must still hold at the commit. Each field that is set is
// checked; one that fails refuses the row with [ErrStale].
type Expect struct {
	Owner      *Owner
	OwnerEpoch *uint32
	LastSeq    *uint32         // nothing was written since this row
	Article    *ArticleVersion // still the published version
	Open       bool            // the status is open: neither snoozed nor resolved
}

// ArticleVersion names one version of one translation of an article.
type ArticleVersion struct {
	Site    int32
	ID      string
	Locale  string
	Version uint32
}

// Send is a message as a visitor or an agent sends it.
type Send struct {
	Conversation string // visitors may leave it empty: their current one
	CID          string // UUID made by the client
	Kind         Kind   // KindMessage (default), or KindNote by agents
	Content      string
	Button       string // visitors: id of the pressed button
	Suggestion   string // agents: the suggested reply that the message was made of; empty = none
	// Mentions are the ids of the agents whom a note mentions.
	Mentions []string
	// BaseSeq is the last row that an agent had seen: when another agent has replied after it, nothing is stored
	// ([ErrNewerReply]). 0 = do not check.
	BaseSeq uint32
}

// normalize checks e and brings its ids to canonical form.
func (e *Entry) normalize() error {
	var ok bool
	if e.CID, ok = CanonicalID(e.CID); !ok {
		return fmt.Errorf("%w: cid must be a UUID", ErrInvalid)
	}
	if e.Conversation, ok = CanonicalID(e.Conversation); !ok {
		return ErrNotFound // no such id can exist
	}
	if e.Kind == "" {
		e.Kind = KindMessage
	}
	spoken := e.Kind == KindMessage || e.Kind == KindNote
	if spoken && strings.TrimSpace(e.Content) == "" {
		return fmt.Errorf("%w: content is blank", ErrInvalid)
	}
	if err := checkText("content", e.Content, MaxContentRunes); err != nil {
		return err
	}
	return checkText("author name", e.Author.Name, 200)
}

// checkText refuses what PostgreSQL's text cannot hold (invalid UTF-8, U+0000)
// and what is longer than limit code points.
func checkText(field, text string, limit int) error {
	switch {
	case !utf8.ValidString(text):
		return fmt.Errorf("%w: %s is not UTF-8", ErrInvalid, field)
	case strings.ContainsRune(text, 0):
		return fmt.Errorf("%w: %s contains U+0000", ErrInvalid, field)
	case len(text) > limit && utf8.RuneCountInString(text) > limit:
		return fmt.Errorf("%w: %s is longer than %d characters", ErrInvalid, field, limit)
	}
	return nil
}

// same reports whether the stored row r is what e would have stored.
func (e *Entry) same(r *Row) bool {
	if r.Author.Kind != e.Author.Kind || r.Author.ID != e.Author.ID || r.Kind != e.Kind || r.Data.Target != e.Data.Target {
		return false
	}
	if e.Kind == KindEdited && r.Content == "" { // overtaken by a later edit, its text gone
		return true
	}
	// A message may have been changed since: what was sent is what was first written.
	return r.Original() == e.Content && r.Data.Feedback.same(e.Data.Feedback)
}

// ForVisitor returns r as a visitor may see it: an internal row keeps only its
// place in the sequence, and what only the staff reads is left out.
func (r *Row) ForVisitor() *Row {
	out := *r
	if r.Internal() {
		out.Was = r.was()
		out.CID, out.Author, out.Content, out.Data = "", Author{Kind: AuthorSystem}, "", Data{}
		out.Kind = KindHidden
		return &out
	}
	out.Data.Routing, out.Data.Left = nil, 0
	out.Data.Extra, out.Data.OverCap, out.Data.Suggestion, out.Data.History = nil, false, "", nil
	if r.Author.Kind == AuthorAgent && (r.Kind == KindTransferred || r.Kind == KindReleased) {
		out.Data.Reason = "" // one colleague's words to another
	}
	if s := r.Data.Source; s != nil {
		public := *s
		public.Confidence = 0
		out.Data.Source = &public
	}
	return &out
}

// Visible reports whether scope holds the row's conversation, or held it until
// this row took it elsewhere.
func (r *Row) Visible(scope identity.Scope) bool {
	was, left := r.was(), cmp.Or(r.Left, r.Data.Left)
	return scope.Allows(r.Site, r.Department, r.Contact) || left != 0 && scope.Allows(r.Site, left, r.Contact) ||
		was != "" && scope.Contact == was && scope.Allows(r.Site, r.Department, was)
}

// was returns the contact that the row took the conversation from, empty if none.
func (r *Row) was() string { return cmp.Or(r.Was, r.Data.Was) }

// sizeBytes is roughly what e occupies on its way to the database.
func (e *Entry) sizeBytes() int {
	return len(e.Content) + len(e.Data.Extra) + 256
}

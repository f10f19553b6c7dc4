package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Stats is the desk now.
type Stats struct {
	VisitorsOnline   int     `json:"visitors_online" doc:"Visitors with a socket; those of other nodes as of some seconds ago"`
	AgentsOnline     int     `json:"agents_online"`
	Open             int     `json:"open" doc:"Conversations that are not resolved"`
	Queued           int     `json:"queued"`
	WithBot          int     `json:"with_bot"`
	WithHuman        int     `json:"with_human"`
	ResolvedToday    int     `json:"resolved_today" doc:"Since midnight UTC, as the next two"`
	BotAnsweredToday int     `json:"bot_answered_today"`
	HandoversToday   int     `json:"handovers_today"`
	LongestWaitS     float64 `json:"longest_wait_s" doc:"Of those in the queue, in seconds"`
	Nodes            []Node  `json:"nodes" doc:"Server processes of this database; dead ones for an hour"`
}

// Node is one server process.
type Node struct {
	ID       string    `json:"id"`
	Name     string    `json:"name" doc:"Machine and process id"`
	Address  string    `json:"address" doc:"Where it serves"`
	Version  string    `json:"version"`
	Started  time.Time `json:"started"`
	Living   bool      `json:"living"`
	Visitors int       `json:"visitors" doc:"Visitors' sockets"`
	Agents   int       `json:"agents" doc:"Agents with a socket"`
	Hears    int       `json:"hears" doc:"Other nodes that it hears on the bus: fewer than live means that they are late to each other"`
}

func (s *Server) stats(ctx context.Context, _ *struct{}) (*jsonBody[Stats], error) {
	st, err := s.cfg.Chat.Stats(ctx, callerOf(ctx).actor)
	if err != nil {
		return nil, err
	}
	nodes := make([]Node, len(st.Nodes))
	for i, n := range st.Nodes {
		nodes[i] = Node{
			ID: n.ID, Name: n.Name, Address: n.Address, Version: n.Version, Started: n.Started, Living: n.Living,
			Visitors: n.Visitors, Agents: n.Agents, Hears: n.Reached,
		}
	}
	return body(Stats{
		VisitorsOnline: st.VisitorsOnline, AgentsOnline: st.AgentsOnline, Open: st.Open, Queued: st.Queued, WithBot: st.WithBot,
		WithHuman: st.WithHuman, ResolvedToday: st.ResolvedToday, BotAnsweredToday: st.BotAnsweredToday,
		HandoversToday: st.HandoversToday, LongestWaitS: st.LongestWait.Seconds(), Nodes: nodes,
	}, nil)
}

// exportStall is how long a client of an export may take to read a part of it.
const exportStall = 30 * time.Second

// endExport answers a failed export: with a problem while nothing is out, by
// breaking the connection off after that, so that nobody takes half a file for all.
func (s *Server) endExport(w http.ResponseWriter, r *http.Request, out *exportWriter, err error) {
	if err == nil {
		return
	}
	if !out.started {
		s.writeProblem(w, r, err)
		return
	}
	s.log.WarnContext(r.Context(), "export broke off", "request_id", requestID(r.Context()), "error", err)
	panic(http.ErrAbortHandler)
}

func exportType(format string) string {
	if format == "csv" {
		return "text/csv; charset=utf-8"
	}
	return "application/x-ndjson"
}

// exportWriter sends headers with the first byte, and gives the client some time
// for each part instead of one deadline for all.
type exportWriter struct {
	w                 http.ResponseWriter
	control           *http.ResponseController
	contentType, file string
	started           bool
}

func (e *exportWriter) start() error {
	if err := e.control.SetWriteDeadline(time.Now().Add(exportStall)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("set deadline: %w", err)
	}
	if e.started {
		return nil
	}
	e.started = true
	e.w.Header().Set("Content-Type", e.contentType)
	e.w.Header().Set("Content-Disposition", "attachment; filename="+strconv.Quote(e.file))
	e.w.WriteHeader(http.StatusOK)
	return nil
}

// Write implements io.Writer.
func (e *exportWriter) Write(b []byte) (int, error) {
	if err := e.start(); err != nil {
		return 0, err
	}
	n, err := e.w.Write(b)
	if err != nil {
		return n, fmt.Errorf("write export: %w", err)
	}
	return n, nil
}

// cell keeps a spreadsheet from taking a visitor's text for a formula (OWASP,
// CSV injection): also after blanks, which some leave out, and in full width.
func cell(s string) string {
	if s == "" {
		return s
	}
	if strings.ContainsRune("\t\r\n", rune(s[0])) {
		return "'" + s
	}
	first, _ := utf8.DecodeRuneInString(strings.TrimSpace(s))
	if strings.ContainsRune("=+-@＝＋－＠", first) {
		return "'" + s
	}
	return s
}

package web

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"frontdesk/chat"
)

// Stats is the desk now.
type Stats struct {
	VisitorsOnline   int     `json:"visitors_online" doc:"Visitors with a socket of this node"`
	AgentsOnline     int     `json:"agents_online"`
	Open             int     `json:"open" doc:"Conversations that are not resolved"`
	Queued           int     `json:"queued"`
	WithBot          int     `json:"with_bot"`
	WithHuman        int     `json:"with_human"`
	ResolvedToday    int     `json:"resolved_today" doc:"Since midnight UTC, as the next two"`
	BotAnsweredToday int     `json:"bot_answered_today"`
	HandoversToday   int     `json:"handovers_today"`
	LongestWaitS     float64 `json:"longest_wait_s" doc:"Of those in the queue, in seconds"`
}

func (s *Server) stats(ctx context.Context, _ *struct{}) (*jsonBody[Stats], error) {
	st, err := s.cfg.Chat.Stats(ctx, callerOf(ctx).actor)
	if err != nil {
		return nil, err
	}
	return body(Stats{
		VisitorsOnline: st.VisitorsOnline, AgentsOnline: st.AgentsOnline, Open: st.Open, Queued: st.Queued, WithBot: st.WithBot,
		WithHuman: st.WithHuman, ResolvedToday: st.ResolvedToday, BotAnsweredToday: st.BotAnsweredToday,
		HandoversToday: st.HandoversToday, LongestWaitS: st.LongestWait.Seconds(),
	}, nil)
}

// exportStall is how long a client of an export may take to read a part of it.
const exportStall = 30 * time.Second

// exportConversations streams conversations with their logs: ?format=jsonl
// (one conversation a line) or csv (one event a line), ?from and ?to bound their
// creation (RFC 3339, to is exclusive).
func (s *Server) exportConversations(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var filter chat.ExportFilter
	for name, to := range map[string]*time.Time{"from": &filter.From, "to": &filter.To} {
		if v := q.Get(name); v != "" {
			t, err := time.Parse(time.RFC3339, v)
			if err != nil {
				s.writeProblem(w, r, fmt.Errorf("%w: %s must be a time such as 2026-11-21T00:00:00Z", errBadRequest, name))
				return
			}
			*to = t
		}
	}
	format := q.Get("format")
	if format == "" {
		format = "jsonl"
	}
	if format != "jsonl" && format != "csv" {
		s.writeProblem(w, r, fmt.Errorf("%w: format must be csv or jsonl", errBadRequest))
		return
	}
	out := &exportWriter{w: w, control: http.NewResponseController(w), contentType: exportType(format), file: "conversations." + format}
	write := s.exportJSON(r.Context(), out)
	if format == "csv" {
		write = s.exportCSV(r.Context(), out)
	}
	s.audit(r.Context(), callerOf(r.Context()).actor, "conversations.export", format, 0)
	err := s.cfg.Chat.Export(r.Context(), callerOf(r.Context()).actor, filter, write)
	if err == nil {
		err = out.start() // nothing to export is an empty file
	}
	s.endExport(w, r, out, err)
}

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

// exportedConversation is one line of the JSON export.
type exportedConversation struct {
	Conversation
	Events []Event `json:"events"`
}

func (s *Server) exportJSON(ctx context.Context, w io.Writer) func(chat.Conversation, []chat.Row) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return func(c chat.Conversation, rows []chat.Row) error {
		return enc.Encode(exportedConversation{Conversation: s.conversationOf(ctx, c, nil), Events: eventsOf(rows)}) //nolint:wrapcheck // the writer's own error
	}
}

func (s *Server) exportCSV(ctx context.Context, w io.Writer) func(chat.Conversation, []chat.Row) error {
	out := csv.NewWriter(w)
	first := true
	return func(c chat.Conversation, rows []chat.Row) error {
		if first {
			first = false
			if _, err := io.WriteString(w, "\ufeff"); err != nil { // so that spreadsheets read Chinese as UTF-8
				return err //nolint:wrapcheck // the writer's own error
			}
			_ = out.Write([]string{ // csv.Writer keeps its error for Flush
				"conversation", "site", "contact", "status", "owner", "seq", "time", "author_kind", "author", "kind", "content", "reason", "article",
			})
		}
		site := s.siteKey(ctx, c.Site)
		for _, r := range rows {
			article := ""
			if r.Data.Source != nil {
				article = r.Data.Source.Article
			}
			_ = out.Write([]string{
				c.ID, site, c.Contact.ID, string(c.Status), string(c.Owner), strconv.FormatUint(uint64(r.Seq), 10),
				r.Time.UTC().Format(time.RFC3339Nano), string(r.Author.Kind), cell(r.Author.Name), string(r.Kind), cell(r.Content), cell(r.Data.Reason), article,
			})
		}
		out.Flush()
		return out.Error() //nolint:wrapcheck // the writer's own error
	}
}

// cell keeps a spreadsheet from taking a visitor's text for a formula (OWASP, CSV injection).
func cell(s string) string {
	if s != "" {
		switch s[0] {
		case '=', '+', '-', '@', '\t', '\r':
			return "'" + s
		}
	}
	return s
}

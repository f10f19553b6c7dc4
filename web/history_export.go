package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"frontdesk/chat"
	"frontdesk/chat/history"
)

// ExportSize is how much an export has.
type ExportSize struct {
	Conversations int64 `json:"conversations"`
	Events        int64 `json:"events"`
}

func (s *Server) countExport(ctx context.Context, in *FilterQuery) (*jsonBody[ExportSize], error) {
	if s.cfg.History.Exports == nil {
		return nil, errNoHistory
	}
	f, err := s.filter(ctx, in)
	if err != nil {
		return nil, err
	}
	conversations, events, err := s.cfg.History.Exports.Count(ctx, callerOf(ctx).actor, f)
	return body(ExportSize{Conversations: conversations, Events: events}, err)
}

// exportFilter reads the filter of a request that huma does not handle.
func (s *Server) exportFilter(r *http.Request) (history.Filter, error) {
	v := r.URL.Query()
	q := FilterQuery{
		Site: v.Get("site"), Agent: v.Get("agent"), Owner: v.Get("owner"), Status: v.Get("status"), Contact: v.Get("contact"),
	}
	for name, to := range map[string]*time.Time{"from": &q.From, "to": &q.To} {
		if text := v.Get(name); text != "" {
			t, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return history.Filter{}, fmt.Errorf("%w: %s must be a time such as 2026-11-21T00:00:00Z", errBadRequest, name)
			}
			*to = t
		}
	}
	if text := v.Get("department"); text != "" {
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil || n < 0 {
			return history.Filter{}, fmt.Errorf("%w: department must be a number", errBadRequest)
		}
		q.Department = int32(n)
	}
	if text := v.Get("notes"); text != "" {
		on, err := strconv.ParseBool(text)
		if err != nil {
			return history.Filter{}, fmt.Errorf("%w: notes must be true or false", errBadRequest)
		}
		q.Notes = on
	}
	return s.filter(r.Context(), &q)
}

// exportConversations streams conversations with their logs: ?format=jsonl (one
// conversation a line) or csv (one event a line). However much it is, a part of
// it is in memory; what breaks off ends without the end of its chunks (RFC 9112,
// section 7.1), so that no client takes it for all.
func (s *Server) exportConversations(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	format := r.URL.Query().Get("format")
	if format == "" {
		format = "jsonl"
	}
	if format != "jsonl" && format != "csv" {
		s.writeProblem(w, r, fmt.Errorf("%w: format must be csv or jsonl", errBadRequest))
		return
	}
	if s.cfg.History.Exports == nil {
		s.writeProblem(w, r, errNoHistory)
		return
	}
	f, err := s.exportFilter(r)
	if err != nil {
		s.writeProblem(w, r, err)
		return
	}
	actor := callerOf(ctx).actor
	conversations, events, err := s.cfg.History.Exports.Count(ctx, actor, f)
	if err != nil {
		s.writeProblem(w, r, err)
		return
	}
	w.Header().Set("X-Total-Conversations", strconv.FormatInt(conversations, 10)) // for a bar that shows how far it is
	w.Header().Set("X-Total-Events", strconv.FormatInt(events, 10))
	sites, err := s.exportedSites(ctx, f.Site)
	if err != nil {
		s.writeProblem(w, r, err)
		return
	}
	for _, site := range sites {
		s.auditDetail(ctx, "conversations.export", format, filterText(r), site)
	}
	out := &exportWriter{w: w, control: http.NewResponseController(w), contentType: exportType(format), file: "conversations." + format}
	sink := exportSink{s: s, ctx: ctx, out: out, count: map[int32]int{}}
	if format == "csv" {
		sink.sheet = csv.NewWriter(out)
	}
	if r.Method != http.MethodHead {
		err = s.cfg.History.Exports.Export(ctx, actor, f, &sink)
	}
	if err == nil {
		err = sink.close()
	}
	action := "conversations.export.done"
	if err != nil {
		action = "conversations.export.broken_off"
	}
	for _, site := range sites {
		s.auditDetail(context.WithoutCancel(ctx), action, format, "conversations "+strconv.Itoa(sink.count[site]), site)
	}
	s.endExport(w, r, out, err)
}

// exportedSites returns the sites that an export is of. Each has the export in
// its record: its admins see who took what of theirs, whatever else was taken.
func (s *Server) exportedSites(ctx context.Context, site int32) ([]int32, error) {
	if site != 0 {
		return []int32{site}, nil
	}
	all, err := s.cfg.Accounts.Sites(ctx)
	if err != nil {
		return nil, fmt.Errorf("read sites: %w", err)
	}
	var out []int32
	scope := callerOf(ctx).actor.Scope
	for i := range all {
		if scope.All || slices.Contains(scope.Sites, all[i].ID) {
			out = append(out, all[i].ID)
		}
	}
	return out, nil
}

// filterText is a request's filter for the record.
func filterText(r *http.Request) string {
	v := r.URL.Query()
	v.Del("format")
	return firstRunes(v.Encode(), 500)
}

// exportChunk is about how many bytes of an export gather before they are written.
const exportChunk = 64 << 10

// exportSink writes an export as it comes.
type exportSink struct {
	s     *Server
	ctx   context.Context //nolint:containedctx // of the one request that the sink is for
	out   io.Writer
	sheet *csv.Writer // nil: JSON lines
	line  bytes.Buffer
	first bool          // the next event is the conversation's first
	begun bool          // the sheet has its header
	count map[int32]int // conversations that are complete, by site
}

var _ history.ExportSink = (*exportSink)(nil)

// Begin implements history.ExportSink.
func (x *exportSink) Begin(c chat.Conversation) error {
	if x.sheet != nil {
		return x.header()
	}
	raw, err := json.Marshal(x.s.conversationOf(x.ctx, c, nil))
	if err != nil {
		return fmt.Errorf("write conversation: %w", err)
	}
	x.line.Reset()
	x.line.Write(raw[:len(raw)-1])
	x.line.WriteString(`,"events":[`)
	x.first = true
	return x.flush()
}

// header begins a sheet.
func (x *exportSink) header() error {
	if x.begun {
		return nil
	}
	x.begun = true
	if _, err := io.WriteString(x.out, "\ufeff"); err != nil { // so that spreadsheets read Chinese as UTF-8
		return err //nolint:wrapcheck // the writer's own error
	}
	return x.sheet.Write([]string{ //nolint:wrapcheck // likewise
		"conversation", "site", "contact", "status", "owner", "seq", "time", "author_kind", "author", "kind", "content", "reason", "article",
	})
}

// Rows implements history.ExportSink.
func (x *exportSink) Rows(c chat.Conversation, rows []chat.Row) error {
	if x.sheet != nil {
		site := x.s.siteKey(x.ctx, c.Site)
		for i := range rows {
			if err := x.sheet.Write(sheetRow(site, &c, &rows[i])); err != nil {
				return err //nolint:wrapcheck // the writer's own error
			}
		}
		x.sheet.Flush()
		return x.sheet.Error() //nolint:wrapcheck // the writer's own error
	}
	for i := range rows {
		raw, err := (Event{eventOf(&rows[i])}).MarshalJSON()
		if err != nil {
			return fmt.Errorf("write event: %w", err)
		}
		if !x.first {
			x.line.WriteByte(',')
		}
		x.first = false
		x.line.Write(raw)
		if x.line.Len() > exportChunk {
			if err := x.flush(); err != nil {
				return err
			}
		}
	}
	return x.flush()
}

func sheetRow(site string, c *chat.Conversation, r *chat.Row) []string {
	article := ""
	if r.Data.Source != nil {
		article = r.Data.Source.Article
	}
	return []string{
		c.ID, cell(site), c.Contact.ID, string(c.Status), string(c.Owner), strconv.FormatUint(uint64(r.Seq), 10),
		r.Time.UTC().Format(time.RFC3339Nano), string(r.Author.Kind), cell(r.Author.Name), string(r.Kind), cell(r.Content), cell(r.Data.Reason), cell(article),
	}
}

// End implements history.ExportSink.
func (x *exportSink) End(c chat.Conversation) error {
	x.count[c.Site]++
	if x.sheet != nil {
		return nil
	}
	x.line.WriteString("]}\n")
	return x.flush()
}

// flush writes what has gathered; an export of nothing has begun by then.
func (x *exportSink) flush() error {
	_, err := x.line.WriteTo(x.out)
	return err //nolint:wrapcheck // the writer's own error
}

// close ends an export; one of nothing is an empty file.
func (x *exportSink) close() error {
	if out, ok := x.out.(*exportWriter); ok && !out.started {
		return out.start()
	}
	return nil
}

package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed" // for the page
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"frontdesk/chat"
	"frontdesk/chat/history"
)

// TranscriptLink lets whoever has it read one conversation.
type TranscriptLink struct {
	ID        string     `json:"id"`
	URL       string     `json:"url" doc:"Empty when it opens nothing any more"`
	Path      string     `json:"path" doc:"The same from the server's root"`
	MadeBy    string     `json:"made_by" enum:"visitor,agent"`
	Agent     string     `json:"agent" doc:"Name of who made it"`
	Locale    string     `json:"locale" enum:"zh-CN,en" doc:"Of the page"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt time.Time  `json:"expires_at"`
	RevokedAt *time.Time `json:"revoked_at" nullable:"true"`
	Opened    int        `json:"opened" doc:"Times"`
}

func (s *Server) transcriptLinkOf(l history.Link) TranscriptLink {
	out := TranscriptLink{
		ID: l.ID, MadeBy: "agent", Agent: l.AgentName, Locale: l.Locale, CreatedAt: l.CreatedAt, ExpiresAt: l.ExpiresAt,
		RevokedAt: when(l.RevokedAt), Opened: l.Opened,
	}
	if l.Visitor {
		out.MadeBy = "visitor"
	}
	if l.Token != "" {
		out.Path = "/transcript/" + l.Token
		out.URL = s.cfg.PublicURL + out.Path
	}
	return out
}

// TranscriptLinks are the links to a conversation's transcript, newest first.
type TranscriptLinks struct {
	Links []TranscriptLink `json:"links" nullable:"false"`
}

func (s *Server) transcriptLinks(ctx context.Context, in *ConversationPath) (*jsonBody[TranscriptLinks], error) {
	if s.cfg.History.Transcripts == nil {
		return nil, errNoHistory
	}
	links, err := s.cfg.History.Transcripts.List(ctx, callerOf(ctx).actor, in.ID)
	if err != nil {
		return nil, err
	}
	out := TranscriptLinks{Links: make([]TranscriptLink, len(links))}
	for i := range links {
		out.Links[i] = s.transcriptLinkOf(links[i])
	}
	return body(out, nil)
}

type makeTranscriptInput struct {
	ConversationPath
	Body *struct {
		Days   int    `json:"days,omitempty" minimum:"1" maximum:"90" default:"7" doc:"How long the link opens"`
		Locale string `json:"locale,omitempty" enum:"zh-CN,en" doc:"Of the page; without it the visitor's"`
	}
}

func (s *Server) makeTranscriptLink(ctx context.Context, in *makeTranscriptInput) (*jsonBody[TranscriptLink], error) {
	if s.cfg.History.Transcripts == nil {
		return nil, errNoHistory
	}
	conv, err := s.cfg.Chat.Conversation(ctx, callerOf(ctx).actor, in.ID)
	if err != nil {
		return nil, err
	}
	days, locale := 0, ""
	if in.Body != nil {
		days, locale = in.Body.Days, in.Body.Locale
	}
	link, err := s.cfg.History.Transcripts.Make(ctx, callerOf(ctx).actor, conv, days, locale)
	if err != nil {
		return nil, err
	}
	s.auditDetail(ctx, "transcript.make", conv.ID, link.ID+" until "+link.ExpiresAt.Format(time.RFC3339), conv.Site)
	return body(s.transcriptLinkOf(link), nil)
}

type linkPath struct {
	ID string `path:"id" maxLength:"36" doc:"Link id"`
}

func (s *Server) revokeTranscriptLink(ctx context.Context, in *linkPath) (*jsonBody[TranscriptLink], error) {
	if s.cfg.History.Transcripts == nil {
		return nil, errNoHistory
	}
	link, err := s.cfg.History.Transcripts.Revoke(ctx, callerOf(ctx).actor, in.ID)
	if err != nil {
		return nil, err
	}
	s.auditDetail(ctx, "transcript.revoke", link.Conversation, link.ID, link.Site)
	return body(s.transcriptLinkOf(link), nil)
}

type visitorTranscriptInput struct {
	Body *struct {
		Conversation string `json:"conversation,omitempty" doc:"Without it the current one"`
		Locale       string `json:"locale,omitempty" enum:"zh-CN,en" doc:"Of the page"`
	}
}

// visitorTranscriptLink gives the visitor a link of their own; asked again, the same.
func (s *Server) visitorTranscriptLink(ctx context.Context, in *visitorTranscriptInput) (*jsonBody[TranscriptLink], error) {
	if s.cfg.History.Transcripts == nil {
		return nil, errNoHistory
	}
	c := callerOf(ctx)
	if err := s.sendLimit.take(c.claims.Contact); err != nil {
		s.metrics.rateLimited.WithLabelValues("transcript").Inc()
		return nil, err
	}
	var conv chat.Conversation
	var err error
	locale := ""
	if in.Body != nil {
		locale = in.Body.Locale
	}
	if in.Body != nil && in.Body.Conversation != "" {
		conv, err = s.cfg.Chat.Conversation(ctx, c.actor, in.Body.Conversation)
	} else {
		_, conv, err = s.current(ctx)
	}
	if err != nil {
		return nil, err
	}
	link, err := s.cfg.History.Transcripts.Make(ctx, c.actor, conv, 0, locale)
	return body(s.transcriptLinkOf(link), err)
}

//go:embed static/transcript.html
var transcriptHTML string

//go:embed static/transcript.css
var transcriptCSS string

// transcriptPolicy lets the page use its own style and nothing else: whatever
// somebody wrote in a chat, no script runs, nothing is loaded or sent.
func transcriptPolicy() string {
	sum := sha256.Sum256([]byte(transcriptCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// transcriptLine is one line of the page.
type transcriptLine struct {
	Class  string // visitor, agent, bot or line
	Author string
	Day    string // of a new day
	Time   string
	Stamp  string // RFC 3339
	Text   string
}

// transcriptView is the page.
type transcriptView struct {
	Style           template.CSS // ours, from transcript.css
	Lang, Title     string
	Intro, Until    string
	CutNote, Broken string
	Lines           []transcriptLine
}

// renderTranscript makes the page; the template is parsed each time: openings are rare, and no state is kept.
func renderTranscript(view *transcriptView) (*bytes.Buffer, error) {
	t, err := template.New("transcript").Parse(transcriptHTML)
	if err != nil {
		return nil, fmt.Errorf("read transcript page: %w", err)
	}
	view.Style = template.CSS(transcriptCSS) //nolint:gosec // a file of ours, not a visitor's
	var out bytes.Buffer
	if err := t.Execute(&out, view); err != nil {
		return nil, fmt.Errorf("write transcript page: %w", err)
	}
	return &out, nil
}

func sendTranscript(w http.ResponseWriter, status int, page *bytes.Buffer) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", transcriptPolicy())
	h.Set("Referrer-Policy", "no-referrer") // the address is the key
	h.Set("X-Robots-Tag", "noindex, nofollow, noarchive")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cache-Control", "private, no-store")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w) // a client that went away
}

// transcriptPage shows a conversation to whoever has the link: no script, no
// cookie, nothing from elsewhere, ready to be printed. Openings are limited by
// address, as the link opens for everybody, and in what they take together.
func (s *Server) transcriptPage(w http.ResponseWriter, r *http.Request) {
	if s.cfg.History.Transcripts == nil {
		s.writeProblem(w, r, errNoHistory)
		return
	}
	if address := callerOf(r.Context()).address; !loopback(address) {
		if err := s.pace(s.linkLimit, address, "transcript_open"); err != nil {
			s.transcriptLater(w, r, err)
			return
		}
	}
	status, page, err := s.makeTranscript(r)
	if err != nil {
		s.writeProblem(w, r, err)
		return
	}
	release, err := s.transcripts.hold(page.Cap())
	if err != nil {
		s.transcriptLater(w, r, err)
		return
	}
	defer release()
	sendTranscript(w, status, page)
}

// makeTranscript reads and makes the page of a request's link.
func (s *Server) makeTranscript(r *http.Request) (status int, page *bytes.Buffer, err error) {
	release, err := s.transcripts.enter(r.Context())
	if err != nil {
		return 0, nil, err
	}
	defer release()
	found, err := s.cfg.History.Transcripts.Open(r.Context(), chi.URLParam(r, "token"))
	status = http.StatusOK
	var view *transcriptView
	switch {
	case errors.Is(err, history.ErrLink):
		status, view = http.StatusNotFound, brokenTranscript(r, "broken")
	case err != nil:
		return 0, nil, fmt.Errorf("open transcript: %w", err)
	default:
		view = s.transcriptViewOf(&found)
	}
	page, err = renderTranscript(view)
	return status, page, err
}

// brokenTranscript is a page that only says why there is none.
func brokenTranscript(r *http.Request, why string) *transcriptView {
	view := &transcriptView{Lang: "en", Title: "Transcript"}
	if strings.HasPrefix(r.Header.Get("Accept-Language"), "zh") {
		view.Lang, view.Title = "zh-CN", "对话记录"
	}
	view.Broken = transcriptWord(view.Lang, why)
	return view
}

// transcriptLater asks a person to come again, in words instead of a problem.
func (s *Server) transcriptLater(w http.ResponseWriter, r *http.Request, err error) {
	p := s.problem(r.Context(), err)
	page, err := renderTranscript(brokenTranscript(r, "later"))
	if err != nil {
		s.writeProblem(w, r, err)
		return
	}
	maps.Copy(w.Header(), p.header)
	sendTranscript(w, p.Status, page)
}

func (s *Server) transcriptViewOf(t *history.Transcript) *transcriptView {
	word := func(key string) string { return transcriptWord(t.Locale, key) }
	dayLayout := "Monday, 2 January 2006"
	if t.Locale == "zh-CN" {
		dayLayout = "2006 年 1 月 2 日"
	}
	view := &transcriptView{
		Lang: t.Locale, Title: word("title"),
		Intro: fmt.Sprintf(word("intro"), t.Head.CreatedAt.UTC().Format(dayLayout)),
		Until: fmt.Sprintf(word("until"), t.ExpiresAt.UTC().Format("2006-01-02 15:04")+" UTC"),
	}
	if t.Cut {
		view.CutNote = word("cut")
	}
	day := ""
	for i := range t.Rows {
		row := &t.Rows[i]
		line, ok := transcriptLineOf(row, word)
		if !ok {
			continue
		}
		if d := row.Time.UTC().Format(dayLayout); d != day {
			day, line.Day = d, d
		}
		view.Lines = append(view.Lines, line)
	}
	return view
}

// transcriptLineOf returns a row as the page shows it; ok is false for what says nothing to a visitor.
func transcriptLineOf(r *chat.Row, word func(string) string) (line transcriptLine, ok bool) {
	line = transcriptLine{Class: "line", Time: r.Time.UTC().Format("15:04"), Stamp: r.Time.UTC().Format(time.RFC3339)}
	name := r.Author.Name
	switch r.Kind { //nolint:exhaustive // the others say nothing to a visitor
	case chat.KindMessage:
		line.Class, line.Text = string(r.Author.Kind), r.Content
		if line.Text == "" {
			line.Text = word("deleted")
		}
		switch r.Author.Kind {
		case chat.AuthorVisitor:
			line.Author = word("visitor")
			if name != "" {
				line.Author = name
			}
		case chat.AuthorAgent:
			line.Author = name
		case chat.AuthorBot:
			line.Author = word("bot")
		case chat.AuthorSystem:
			line.Class = "line"
		}
		return line, true
	case chat.KindHandover:
		line.Text = word("handover")
	case chat.KindClaimed:
		if name == "" || r.Author.Kind != chat.AuthorAgent {
			return line, false
		}
		line.Text = fmt.Sprintf(word("claimed"), name)
	case chat.KindResolved:
		line.Text = word("resolved")
	case chat.KindReopened:
		line.Text = word("reopened")
	case chat.KindEmail:
		line.Text = fmt.Sprintf(word("email"), r.Content)
	default:
		return line, false
	}
	return line, true
}

// transcriptWord is what the page says in its language.
func transcriptWord(locale, key string) string {
	en := map[string]string{
		"title": "Transcript of your conversation", "intro": "Began on %s. Times are UTC.", "until": "This link opens the transcript until %s. Whoever has it can read it.",
		"cut": "The conversation is very long: its beginning is left out here.", "deleted": "(deleted)", "visitor": "You", "bot": "Assistant",
		"handover": "A person was asked for.", "claimed": "%s joined.", "resolved": "The conversation was closed.", "reopened": "The conversation was opened again.",
		"email": "Left an e-mail address: %s", "broken": "This link does not open a transcript (any more). It may have expired or have been taken back: ask for a new one in the chat.",
		"later": "This is opened very often at the moment. Please wait a minute and load the page again.",
	}
	zh := map[string]string{
		"title": "您的对话记录", "intro": "开始于 %s。时间为 UTC。", "until": "此链接在 %s 之前有效。任何持有链接的人都可以阅读。",
		"cut": "对话很长，这里省略了开头部分。", "deleted": "（已删除）", "visitor": "您", "bot": "智能助手",
		"handover": "已请求人工服务。", "claimed": "%s 加入了对话。", "resolved": "对话已结束。", "reopened": "对话已重新打开。",
		"email": "留下了邮箱：%s", "broken": "此链接无法打开对话记录，可能已过期或已被收回。请在对话中重新获取。",
		"later": "当前打开次数过多，请稍等一分钟后重新加载页面。",
	}
	if locale == "zh-CN" {
		return zh[key]
	}
	return en[key]
}

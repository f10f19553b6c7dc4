package bot

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"frontdesk/internal/text"
	"frontdesk/kb"
)

// Packet is what is stored with every row of the bot, for staff only: what it
// was asked, what it found, why it decided as it did, and, at a hand-over, what
// the agent should know. Fields are only ever added: rows of every age are read
// with [ReadPacket].
type Packet struct {
	Action     Action         `json:"action"`
	Reason     Reason         `json:"reason"`
	Question   string         `json:"question"` // as searched; empty for small talk
	Confidence float64        `json:"confidence"`
	Candidates []PacketChoice `json:"candidates,omitempty"` // the best, at most five
	Rejected   []string       `json:"rejected,omitempty"`   // articles that the visitor turned down
	Clarified  int            `json:"clarified,omitempty"`
	Epoch      int64          `json:"kb_epoch,omitempty"`
	Model      string         `json:"model,omitempty"` // fingerprint of the embedding model
	Mood       Mood           `json:"mood,omitempty"`
	Anger      float64        `json:"anger,omitempty"` // 0–1, one half counts
	MS         float64        `json:"ms"`

	// Since the trace tells all of a turn.

	Asked       *PacketAsked      `json:"asked,omitempty"`      // nil in rows of before
	Text        string            `json:"text,omitempty"`       // what it would have said, in shadow only: otherwise the row says it
	Rewritten   string            `json:"rewritten,omitempty"`  // the question in words that the knowledge base has
	Parts       []string          `json:"parts,omitempty"`      // the questions that the message was cut into
	Joined      bool              `json:"joined,omitempty"`     // searched together with the question before
	Article     *PacketArticle    `json:"article,omitempty"`    // of an answer
	Found       int               `json:"found,omitempty"`      // articles that were ranked
	Answerable  float64           `json:"answerable,omitempty"` // that anything in the knowledge base answers, 0–1
	Features    *kb.Features      `json:"features,omitempty"`   // nil where nothing was searched
	Terms       []PacketTerm      `json:"terms,omitempty"`
	Thresholds  *PacketThresholds `json:"thresholds,omitempty"`
	PairModel   string            `json:"pair_model,omitempty"` // fingerprint; empty = none was asked
	Policy      int64             `json:"policy,omitempty"`     // [Policy.Version] it was decided with
	Cached      bool              `json:"cached,omitempty"`     // decided before, for somebody else
	Generated   string            `json:"generated,omitempty"`  // what became of a rewording: "used" or "refused: why"; empty = none was asked for
	Shadow      bool              `json:"shadow,omitempty"`     // nothing of it was said
	StageMS     *PacketStages     `json:"stage_ms,omitempty"`
	Language    string            `json:"language,omitempty"`    // that the visitor writes
	Summary     []string          `json:"summary,omitempty"`     // at a hand-over: what the conversation said, in its own sentences
	Tried       []PacketTried     `json:"tried,omitempty"`       // at a hand-over: articles that the visitor saw
	Overflowing bool              `json:"overflowing,omitempty"` // something was left out to stay within [MaxPacketBytes]
}

// PacketAsked is the [Question] as it was put, so that a replay can put it again.
type PacketAsked struct {
	Text       string   `json:"text"`
	Previous   []string `json:"previous,omitempty"`
	Button     string   `json:"button,omitempty"`
	Rejected   []string `json:"rejected,omitempty"`
	Offered    bool     `json:"offered,omitempty"`
	Clarified  int      `json:"clarified,omitempty"`
	Locale     string   `json:"locale,omitempty"`
	Department int32    `json:"department,omitempty"`
	Audience   int16    `json:"audience,omitempty"`
	Stalled    int      `json:"stalled,omitempty"`
	Said       string   `json:"said,omitempty"`
	Also       string   `json:"also,omitempty"`
	Clipped    bool     `json:"clipped,omitempty"` // the texts were longer: a replay would ask something else
}

// PacketArticle is the version of an article that was said.
type PacketArticle struct {
	ID      string `json:"id"`
	Locale  string `json:"locale"`
	Version uint32 `json:"version"`
}

// PacketTried is an article that the visitor saw before a hand-over.
type PacketTried struct {
	Article string `json:"article"`
	Title   string `json:"title"`
	Locale  string `json:"locale,omitempty"`
	Outcome string `json:"outcome"` // "answered", "offered", "rejected" or "unhelpful"
}

// PacketChoice is an article that was found, and what spoke for it.
type PacketChoice struct {
	Article string       `json:"article"`
	Score   float64      `json:"score"`
	Cosine  float64      `json:"cosine"`
	BM25    float64      `json:"bm25"`
	Char    float64      `json:"char"`
	Head    float64      `json:"head,omitempty"`
	Pair    float64      `json:"pair,omitempty"`
	Variant string       `json:"variant"` // the text that spoke for it
	Locale  string       `json:"locale,omitempty"`
	Kind    kb.Kind      `json:"kind,omitempty"`
	Exact   bool         `json:"exact,omitempty"`
	Ranks   *PacketRanks `json:"ranks,omitempty"`
}

// PacketRanks are an article's places, from 1; 0 = that leg did not find it.
type PacketRanks struct {
	Dense   int `json:"dense"`
	Lexical int `json:"lexical"`
	Fused   int `json:"fused"` // of both legs together, before head and pair model
	Final   int `json:"final"`
}

// PacketTerm is a word of the question.
type PacketTerm struct {
	Term  string  `json:"term"`
	IDF   float64 `json:"idf"`
	Known bool    `json:"known,omitempty"` // some text of the knowledge base has it
	From  string  `json:"from,omitempty"`  // the word of the question that it stands for
	Hit   bool    `json:"hit,omitempty"`   // the first candidate's text has it
}

// PacketThresholds are what the confidence was held against.
type PacketThresholds struct {
	Answer  float64 `json:"answer"`
	Clarify float64 `json:"clarify"`
	Learnt  bool    `json:"learnt,omitempty"` // Answer was learnt from the knowledge base, not set
}

// PacketStages is where the milliseconds went.
type PacketStages struct {
	Embed  float64 `json:"embed"`
	Search float64 `json:"search"`
	Fuse   float64 `json:"fuse"`
	Head   float64 `json:"head"`
	Pair   float64 `json:"pair"`
}

// Bounds of a stored trace. A row of the log is written once and read by few, so
// what a person or a replay can use is kept and the rest of a long list is not.
const (
	// MaxPacketBytes is what a packet takes at most, encoded.
	MaxPacketBytes = 16 << 10
	maxTraced      = 5                    // candidates
	maxTerms       = 24                   // words, the heaviest
	maxAskedBytes  = 4 * maxQuestionRunes // of the text asked: all that the gate lets through to a search
	maxShownBytes  = 1200                 // of other texts
	maxIDBytes     = 400                  // of an article id, as long as they may be
	maxTurnedDown  = 12                   // article ids
)

func packetOf(q Question, d Decision) Packet {
	p := Packet{
		Action: d.Action, Reason: d.Reason, Question: clipBytes(d.Trace.Query, maxShownBytes), Confidence: round(d.Confidence),
		Rejected: firstOf(q.Rejected, maxTurnedDown, maxIDBytes), Clarified: q.Clarified, Mood: d.Mood, Anger: round(d.Anger),
		Epoch: d.Trace.Epoch, Model: d.Trace.Fingerprint, MS: round(d.Trace.Total.Seconds() * 1000),
		Asked: askedOf(q), Rewritten: clipBytes(d.Trace.Rewritten, maxShownBytes), Parts: firstOf(d.Trace.Parts, maxOffers+1, 300), Joined: d.Trace.WithContext,
		Found: len(d.Candidates), Answerable: round(d.Answerable), Shadow: d.Shadow, Cached: d.Cached, Generated: clipBytes(d.Trace.Generated, 200), Policy: d.Trace.Policy, PairModel: d.Trace.PairModel,
	}
	if d.Shadow {
		p.Text = clipBytes(d.Text, maxShownBytes)
	}
	if d.Trace.Answer > 0 {
		p.Thresholds = &PacketThresholds{Answer: round(d.Trace.Answer), Clarify: round(d.Trace.Clarify), Learnt: d.Trace.AnswerLearnt}
	}
	if s := d.Source; s != nil {
		p.Article = &PacketArticle{ID: s.Article, Locale: s.Locale, Version: s.Version}
	}
	for _, c := range d.Candidates[:min(maxTraced, len(d.Candidates))] {
		p.Candidates = append(p.Candidates, PacketChoice{
			Article: clipBytes(c.Article, maxIDBytes), Score: round(c.Score), Cosine: round(c.Cosine), BM25: round(c.BM25), Char: round(c.Char),
			Head: round(c.Head), Pair: round(c.Pair), Variant: clipBytes(c.Variant, 120), Locale: c.Locale, Kind: c.Kind, Exact: c.Exact,
			Ranks: &PacketRanks{Dense: c.Ranks.Dense, Lexical: c.Ranks.Lexical, Fused: c.Ranks.Fused, Final: c.Ranks.Final},
		})
	}
	if d.Trace.Query != "" {
		f := rounded(d.Trace.Features)
		p.Features = &f
		p.Terms = termsOf(d)
		p.StageMS = &PacketStages{
			Embed: ms(d.Trace.EmbedTime), Search: ms(d.Trace.SearchTime), Fuse: ms(d.Trace.FuseTime), Head: ms(d.Trace.HeadTime), Pair: ms(d.Trace.PairTime),
		}
	}
	return p
}

func askedOf(q Question) *PacketAsked {
	a := PacketAsked{
		Text: clipBytes(q.Text, maxAskedBytes), Button: clipBytes(q.Button, maxIDBytes+len(ButtonArticle)), Rejected: firstOf(q.Rejected, maxTurnedDown, maxIDBytes),
		Offered: q.Offered, Clarified: q.Clarified, Locale: clipBytes(q.Locale, 35), Department: q.Department,
		Audience: int16(q.Audience), Stalled: q.Stalled, Said: clipBytes(q.Said, maxIDBytes), Also: clipBytes(q.Also, maxIDBytes),
	}
	for _, s := range q.Previous {
		a.Previous = append(a.Previous, clipBytes(s, maxShownBytes))
		a.Clipped = a.Clipped || len(s) > maxShownBytes
	}
	a.Clipped = a.Clipped || len(q.Text) > maxAskedBytes || len(q.Rejected) > maxTurnedDown
	return &a
}

// question puts p's question again; ok is false if it was not stored whole.
func (p *Packet) question(site int32) (q Question, ok bool) {
	a := p.Asked
	if a == nil || a.Clipped {
		return Question{}, false
	}
	return Question{
		Site: site, Department: a.Department, Text: a.Text, Previous: a.Previous, Locale: a.Locale, Button: a.Button,
		Rejected: a.Rejected, Offered: a.Offered, Clarified: a.Clarified, Audience: kb.Audience(a.Audience), Stalled: a.Stalled, Said: a.Said, Also: a.Also,
	}, true
}

// termsOf returns the heaviest words of the question and whether the first candidate has them.
func termsOf(d Decision) []PacketTerm {
	said := ""
	if len(d.Candidates) > 0 {
		said = d.Candidates[0].Variant
	}
	has := map[string]bool{}
	for _, t := range text.Terms(said) {
		has[t] = true
	}
	var out []PacketTerm
	for _, t := range d.Trace.Terms[:min(maxTerms, len(d.Trace.Terms))] {
		out = append(out, PacketTerm{Term: clipBytes(t.Term, 60), IDF: round(t.IDF), Known: t.Known, From: clipBytes(t.From, 60), Hit: has[t.Term]})
	}
	return out
}

// encode returns p within [MaxPacketBytes]: whatever a visitor writes, the lists
// that only explain go first.
func (p Packet) encode() (json.RawMessage, error) {
	for drop := 0; ; drop++ {
		b, err := json.Marshal(p)
		if err != nil {
			return nil, fmt.Errorf("encode the bot's trace: %w", err)
		}
		if len(b) <= MaxPacketBytes {
			return b, nil
		}
		p.Overflowing = true
		switch drop {
		case 0:
			p.Terms, p.Parts, p.Rewritten = nil, nil, ""
		case 1:
			p.Candidates = p.Candidates[:min(3, len(p.Candidates))]
		case 2:
			a := *p.Asked
			a.Text, a.Previous, a.Rejected, a.Clipped = clipBytes(a.Text, 400), nil, nil, true
			p.Asked, p.Question, p.Rejected, p.Text = &a, clipBytes(p.Question, 400), nil, clipBytes(p.Text, 400)
		case 3: // ids and titles that no editor wrote
			p.Asked, p.Candidates, p.Summary, p.Tried, p.Generated = nil, nil, nil, nil, ""
		default:
			return nil, fmt.Errorf("encode the bot's trace: %d bytes are left of a packet that has no more to drop", len(b))
		}
	}
}

// ReadPacket returns what a row of the bot's was stored with. Rows of before the
// full trace have fewer fields.
func ReadPacket(extra json.RawMessage) (Packet, error) {
	var p Packet
	if len(extra) == 0 {
		return p, nil
	}
	if err := json.Unmarshal(extra, &p); err != nil {
		return Packet{}, fmt.Errorf("read the bot's trace: %w", err)
	}
	return p, nil
}

func rounded(f kb.Features) kb.Features {
	for _, x := range []*float64{
		&f.Score, &f.Margin, &f.Cosine, &f.CosineMargin, &f.Char, &f.Coverage, &f.Unknown, &f.Head, &f.HeadMargin, &f.Decision, &f.Near, &f.Pair, &f.PairMargin,
	} {
		*x = round(*x)
	}
	return f
}

func firstOf(list []string, n, bytes int) []string {
	var out []string
	for _, s := range list[:min(n, len(list))] {
		out = append(out, clipBytes(s, bytes))
	}
	return out
}

// round keeps three digits; what is no number is 0, as JSON has no word for it.
func round(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return math.Round(x*1000) / 1000
}

func ms(d time.Duration) float64 { return round(d.Seconds() * 1000) }

// clip returns the first bytes of s, at most n, without a torn character.
func clipBytes(s string, n int) string {
	s = strings.ToValidUTF8(s, "")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// PacketOf is what would be stored with the decision.
func PacketOf(q Question, d Decision) Packet { return packetOf(q, d) }

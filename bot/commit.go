package bot

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

const (
	newest      = math.MaxInt32 // History: before this seq, that is, the last rows
	historyRows = 60
	// commitTimeout bounds the storing of an answer. It is not cut short by a newer
	// message: the commit itself refuses an answer to an older one.
	commitTimeout = 10 * time.Second
)

// commit stores the decision, if the conversation is still as it was read and
// the article still published. [chat.ErrStale] says that it is not.
func (t *Turns) commit(ctx context.Context, head chat.Conversation, ep episode, q Question, d Decision) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), commitTimeout, errors.New("storing the bot's answer took too long"))
	defer cancel()
	owner := chat.OwnerBot
	e := chat.Entry{
		Conversation: head.ID, CID: turnID(head.ID, ep.lastSeq), Author: chat.Author{Kind: chat.AuthorBot},
		Kind: chat.KindMessage, Content: d.Text,
		Data:   chat.Data{Source: d.Source, Buttons: d.Buttons, Reason: string(d.Reason), Locale: d.Locale},
		Expect: chat.Expect{Owner: &owner, OwnerEpoch: &head.OwnerEpoch, LastSeq: &ep.lastSeq, Open: true},
	}
	if d.Source != nil {
		e.Expect.Article = &chat.ArticleVersion{Site: head.Site, ID: d.Source.Article, Locale: d.Source.Locale, Version: d.Source.Version}
	}
	if d.Action == ActionHandover {
		e.Kind = chat.KindHandover
		e.Change = &chat.Change{Act: chat.ActHandover, Reason: string(d.Reason)}
		online, err := t.chat.AgentsOnline(ctx, head.Site, head.Department)
		if err != nil {
			t.log.WarnContext(ctx, "cannot count agents online", "conversation", head.ID, "error", err)
			online = 1 // promise nothing about absence that we do not know
		}
		e.Content = phrasesFor(d.Locale).handoverText(d.Reason, online > 0)
	}
	extra, err := json.Marshal(packetOf(q, d))
	if err != nil {
		return fmt.Errorf("encode the bot's trace: %w", err)
	}
	e.Data.Extra = extra
	if _, _, err := t.chat.Append(ctx, identity.Bot().Scope, e); err != nil {
		return fmt.Errorf("store the bot's turn: %w", err)
	}
	return nil
}

// packet is stored with every row of the bot for staff only: why it said that,
// and, at a hand-over, what the agent should know.
type packet struct {
	Action     Action         `json:"action"`
	Reason     Reason         `json:"reason"`
	Question   string         `json:"question"` // as searched; empty for small talk
	Confidence float64        `json:"confidence"`
	Candidates []packetChoice `json:"candidates,omitempty"`
	Rejected   []string       `json:"rejected,omitempty"` // articles that the visitor turned down
	Clarified  int            `json:"clarified,omitempty"`
	Epoch      int64          `json:"kb_epoch,omitempty"`
	Model      string         `json:"model,omitempty"`
	Mood       Mood           `json:"mood,omitempty"`
	Anger      float64        `json:"anger,omitempty"` // 0–1, one half counts
	MS         float64        `json:"ms"`
}

type packetChoice struct {
	Article string  `json:"article"`
	Score   float64 `json:"score"`
	Cosine  float64 `json:"cosine"`
	BM25    float64 `json:"bm25"`
	Char    float64 `json:"char"`
	Variant string  `json:"variant"`
}

func packetOf(q Question, d Decision) packet {
	p := packet{
		Action: d.Action, Reason: d.Reason, Question: d.Trace.Query, Confidence: round(d.Confidence), Rejected: q.Rejected,
		Clarified: q.Clarified, Mood: d.Mood, Anger: round(d.Anger), Epoch: d.Trace.Epoch, Model: d.Trace.Fingerprint, MS: round(d.Trace.Total.Seconds() * 1000),
	}
	for _, c := range d.Candidates[:min(3, len(d.Candidates))] {
		p.Candidates = append(p.Candidates, packetChoice{
			Article: c.Article, Score: round(c.Score), Cosine: round(c.Cosine), BM25: round(c.BM25), Char: round(c.Char), Variant: clip(c.Variant, 120),
		})
	}
	return p
}

func round(x float64) float64 { return math.Round(x*1000) / 1000 }

// turnID is the cid of the bot's row after the conversation's row seq: the same
// for every attempt and on every node, so that an answer is stored once however
// often it is tried. It is a UUIDv8 (RFC 9562, section 5.8).
func turnID(conv string, seq uint32) string {
	var buf [4]byte
	binary.BigEndian.PutUint32(buf[:], seq)
	sum := sha256.Sum256(append([]byte("frontdesk bot turn "+conv+" "), buf[:]...))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

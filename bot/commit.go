package bot

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
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
	trace, err := packetOf(q, d).encode() // of what was decided, also where nothing of it is said
	if err != nil {
		return err
	}
	d = d.Shown()
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
	e.Data.Extra = trace
	if _, _, err := t.chat.Append(ctx, identity.Bot().Scope, e); err != nil {
		return fmt.Errorf("store the bot's turn: %w", err)
	}
	return nil
}

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

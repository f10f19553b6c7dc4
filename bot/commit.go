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
	newest      = math.MaxInt32 // of a log: before this seq, that is, the last rows
	historyRows = 60
	// commitTimeout bounds the storing of an answer. It is not cut short by a newer
	// message: the commit itself refuses an answer to an older one.
	commitTimeout = 10 * time.Second
)

// commit stores the decision, if the conversation is still as it was read and
// the article still published. [chat.ErrStale] says that it is not.
func (t *Turns) commit(ctx context.Context, head chat.Conversation, ep *episode, q Question, d Decision) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), commitTimeout, errors.New("storing the bot's answer took too long"))
	defer cancel()
	told := packetOf(q, d) // of what was decided, also where nothing of it is said
	if d.Shown().Action == ActionHandover {
		told.handOver(ep.rows, d.Locale)
	}
	trace, err := told.encode()
	if err != nil {
		return err
	}
	if err := t.keepAddress(ctx, &head, ep); err != nil {
		return err
	}
	d = d.Shown()
	e := chat.Entry{
		Conversation: head.ID, CID: turnID(head.ID, ep.lastSeq), Author: chat.Author{Kind: chat.AuthorBot},
		Kind: chat.KindMessage, Content: d.Text,
		Data:   chat.Data{Source: d.Source, Buttons: d.Buttons, Reason: string(d.Reason), Locale: d.Locale},
		Expect: chat.Expect{Owner: &head.Owner, OwnerEpoch: &head.OwnerEpoch, LastSeq: &ep.lastSeq, Open: true},
	}
	if d.Source != nil {
		e.Expect.Article = &chat.ArticleVersion{Site: head.Site, ID: d.Source.Article, Locale: d.Source.Locale, Version: d.Source.Version}
	}
	if d.Action == ActionHandover {
		e.Kind = chat.KindHandover
		e.Change = &chat.Change{Act: chat.ActHandover, Reason: string(d.Reason)}
		e.Content = t.handoverLine(ctx, head, d)
	}
	e.Data.Extra = trace
	if _, _, err := t.chat.Append(ctx, identity.Bot().Scope, e); err != nil {
		return fmt.Errorf("store the bot's turn: %w", err)
	}
	return nil
}

// handoverLine is what a hand-over says: why, and if nobody is there, when somebody will be.
func (t *Turns) handoverLine(ctx context.Context, head chat.Conversation, d Decision) string {
	p := phrasesFor(d.Locale)
	online, err := t.chat.AgentsOnline(ctx, head.Site, head.Department)
	if err != nil {
		t.log.WarnContext(ctx, "cannot count agents online", "conversation", head.ID, "error", err)
		online = 1 // promise nothing about absence that we do not know
	}
	if online > 0 {
		return p.handoverText(d.Reason)
	}
	policy, err := t.policy(ctx, head.Site)
	if err != nil {
		t.log.WarnContext(ctx, "cannot read business hours", "site", head.Site, "error", err)
	}
	said := p.handoverText(d.Reason)
	if d.Reason == ReasonUrgent { // no colleague takes over at once
		said = p.urgentAbsent
	}
	return joined(d.Locale, said, absentText(d.Locale, absence{
		hours: policy.Hours, now: t.clock(), email: reachable(head), goOn: goesOn(d.Reason) && policy.ModeFor(head.ID) == ModeLive,
	}))
}

// keepAddress stores an e-mail address that the visitor typed as a message, as if
// they had left it in the form: with the conversation and the contact, as a row
// of theirs. The cid is the same for every attempt and on every node.
func (t *Turns) keepAddress(ctx context.Context, head *chat.Conversation, ep *episode) error {
	for i := range ep.pending {
		row := &ep.pending[i].row
		address, only := t.addresses.find(row.Content)
		if !only || address == head.Email { // one within a sentence may be anybody's
			continue
		}
		stored, _, err := t.chat.Append(ctx, identity.Bot().Scope, chat.Entry{
			Conversation: head.ID, CID: rowID("address in", head.ID, row.Seq), Author: row.Author, Kind: chat.KindEmail, Content: address,
			Expect: chat.Expect{Owner: &head.Owner, OwnerEpoch: &head.OwnerEpoch, LastSeq: &ep.lastSeq, Open: true},
			Change: &chat.Change{Act: chat.ActEmail, Email: address},
		})
		if err != nil {
			return fmt.Errorf("store the address that was typed: %w", err)
		}
		ep.lastSeq, head.Email = max(ep.lastSeq, stored.Seq), address
	}
	return nil
}

// turnID is the cid of the bot's row after the conversation's row seq: the same
// for every attempt and on every node, so that an answer is stored once however
// often it is tried.
func turnID(conv string, seq uint32) string { return rowID("bot turn", conv, seq) }

// rowID makes a cid for what is stored because of a row: a UUIDv8 (RFC 9562, section 5.8).
func rowID(what, conv string, seq uint32) string {
	var buf [4]byte
	binary.BigEndian.PutUint32(buf[:], seq)
	sum := sha256.Sum256(append([]byte("frontdesk "+what+" "+conv+" "), buf[:]...))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

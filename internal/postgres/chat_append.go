package postgres

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"frontdesk/chat"
)

//go:embed query/chat_lock.sql
var chatLockSQL string

//go:embed query/chat_lock_wait.sql
var chatLockWaitSQL string

//go:embed query/chat_lock_timeout.sql
var chatLockTimeoutSQL string

//go:embed query/chat_lock_articles.sql
var chatLockArticlesSQL string

//go:embed query/chat_append.sql
var chatAppendSQL string

//go:embed query/chat_heads.sql
var chatHeadsSQL string

// AppendBatch implements chat.LogStore: one pgx.Batch, hence one round trip and
// one implicit transaction, in which each statement has a fresh snapshot.
func (s *Chat) AppendBatch(ctx context.Context, entries []chat.Scoped, wait bool) ([]chat.Outcome, error) {
	p, err := appendParams(entries)
	if err != nil {
		return nil, err
	}
	batch := &pgx.Batch{}
	lock := chatLockSQL
	if wait {
		lock = chatLockWaitSQL
		batch.Queue(chatLockTimeoutSQL)
	}
	batch.Queue(lock, p.conversations)
	if len(p.articleOrd) > 0 {
		batch.Queue(chatLockArticlesSQL, p.articleOrd, p.articleSite, p.articleID, p.articleLocale, p.articleVersion)
	}
	outs := make([]chat.Outcome, 0, len(entries))
	batch.Queue(chatAppendSQL, p.args()...).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			out, err := scanOutcome(rows, &entries[len(outs)].Entry)
			if err != nil {
				return err
			}
			outs = append(outs, out)
		}
		return rows.Err()
	})
	heads := make(map[string]chat.Conversation)
	if asked := headsAsked(entries); len(asked) > 0 {
		batch.Queue(chatHeadsSQL, asked).Query(func(rows pgx.Rows) error {
			for rows.Next() {
				c, err := scanHead(rows)
				if err != nil {
					return err
				}
				heads[c.ID] = c
			}
			return rows.Err()
		})
	}
	if err := s.pool.SendBatch(ctx, batch).Close(); lockTimedOut(err) {
		outs = slices.Repeat([]chat.Outcome{{Verdict: chat.Held}}, len(entries))
	} else if err != nil {
		return nil, chatError(err)
	}
	if len(outs) != len(entries) {
		return nil, fmt.Errorf("append: %d outcomes for %d rows", len(outs), len(entries))
	}
	for i := range outs {
		if !entries[i].NoHead {
			place(&outs[i], heads[entries[i].Conversation])
		}
	}
	return outs, nil
}

// headsAsked returns the conversations whose heads some entry wants.
func headsAsked(entries []chat.Scoped) []pgtype.UUID {
	var asked []pgtype.UUID
	for i := range entries {
		if !entries[i].NoHead {
			asked = append(asked, uuidOf(entries[i].Conversation))
		}
	}
	return asked
}

// place completes an outcome with its conversation's head.
func place(out *chat.Outcome, head chat.Conversation) {
	switch out.Verdict {
	case chat.Stored, chat.Repeated:
		out.Row.Site, out.Row.Department, out.Row.Contact = head.Site, head.Department, head.Contact.ID
		out.Head = head
	case chat.Stale:
		out.Head = head
	}
}

// scanOutcome reads one row of chat_append's result for the entry e.
func scanOutcome(rows pgx.Row, e *chat.Entry) (out chat.Outcome, err error) {
	var verdict string
	var old chat.Row
	var oldAuthor, contact pgtype.UUID
	var data []byte
	if err := rows.Scan(&verdict, &old.Seq, &old.Time, &old.Author.Kind, &oldAuthor, &old.Author.Name, &old.Kind, &old.Content, &data,
		&old.Site, &old.Department, &contact); err != nil {
		return out, err
	}
	old.Contact = text(contact)
	old.Conversation, old.CID, old.Time, old.Author.ID = e.Conversation, e.CID, old.Time.UTC(), text(oldAuthor)
	switch verdict {
	case "stored":
		out.Verdict = chat.Stored
		old.Author, old.Kind, old.Content, old.Data = e.Author, e.Kind, e.Content, e.Data
		out.Row = old
	case "repeated":
		out.Verdict = chat.Repeated
		if err := json.Unmarshal(data, &old.Data); err != nil {
			return out, fmt.Errorf("read data of row %d: %w", old.Seq, err)
		}
		out.Row = old
	case "stale":
		out.Verdict = chat.Stale
	case "held":
		out.Verdict = chat.Held
	default:
		out.Verdict = chat.Missing
	}
	return out, nil
}

// appendColumns are the parameters of chat_append, one slice a column.
type appendColumns struct {
	conversations, cids, authorIDs, contacts        []pgtype.UUID
	authorKinds, authorNames, kinds, contents, data []string
	owners                                          []*string
	epochs, lastSeqs                                []*int32
	open, needsArticle, all                         []bool
	sites                                           []string
	departments                                     []*string
	articleOrd, articleSite, articleVersion         []int32
	articleID, articleLocale                        []string
}

func appendParams(entries []chat.Scoped) (*appendColumns, error) {
	p := &appendColumns{}
	for i := range entries {
		e := &entries[i]
		data, err := dataOf(&e.Data)
		if err != nil {
			return nil, err
		}
		p.conversations = append(p.conversations, uuidOf(e.Conversation))
		p.cids = append(p.cids, uuidOf(e.CID))
		p.authorKinds = append(p.authorKinds, string(e.Author.Kind))
		p.authorIDs = append(p.authorIDs, uuidOf(e.Author.ID))
		p.authorNames = append(p.authorNames, e.Author.Name)
		p.kinds = append(p.kinds, string(e.Kind))
		p.contents = append(p.contents, e.Content)
		p.data = append(p.data, data)
		p.owners = append(p.owners, (*string)(e.Expect.Owner))
		p.epochs = append(p.epochs, signed(e.Expect.OwnerEpoch))
		p.lastSeqs = append(p.lastSeqs, signed(e.Expect.LastSeq))
		p.open = append(p.open, e.Expect.Open)
		p.needsArticle = append(p.needsArticle, e.Expect.Article != nil)
		p.all = append(p.all, e.Scope.All)
		p.sites = append(p.sites, intArray(e.Scope.Sites))
		var walls *string
		if d := departments(e.Scope); d != nil {
			literal := intArray(d)
			walls = &literal
		}
		p.departments = append(p.departments, walls)
		p.contacts = append(p.contacts, scopeContact(e.Scope))
		if a := e.Expect.Article; a != nil {
			p.articleOrd = append(p.articleOrd, int32(i+1))
			p.articleSite = append(p.articleSite, a.Site)
			p.articleID = append(p.articleID, a.ID)
			p.articleLocale = append(p.articleLocale, a.Locale)
			p.articleVersion = append(p.articleVersion, int32(a.Version))
		}
	}
	return p, nil
}

// dataOf writes a row's data; most rows have none.
func dataOf(d *chat.Data) (string, error) {
	if reflect.ValueOf(d).Elem().IsZero() {
		return "{}", nil
	}
	b, err := json.Marshal(d)
	if err != nil {
		return "", fmt.Errorf("%w: write data: %w", chat.ErrRefused, err)
	}
	return string(b), nil
}

// args are chat_append's parameters in order.
func (p *appendColumns) args() []any {
	return []any{
		p.conversations, p.cids, p.authorKinds, p.authorIDs, p.authorNames, p.kinds, p.contents, p.data,
		p.owners, p.epochs, p.lastSeqs, p.open, p.needsArticle, p.all, p.sites, p.departments, p.contacts,
	}
}

// signed turns a sequence number or epoch into PostgreSQL's integer.
func signed(v *uint32) *int32 {
	if v == nil {
		return nil
	}
	out := int32(min(*v, 1<<31-1))
	return &out
}

package history

import (
	"context"
	"errors"
	"fmt"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

const (
	exportHeads = 50   // conversations read at once
	exportRows  = 1000 // rows held at once, whatever a conversation's length
)

// Exports takes conversations along, with their logs.
type Exports struct{ store ExportStore }

// NewExports returns exports from store.
func NewExports(store ExportStore) (*Exports, error) {
	if store == nil {
		return nil, errors.New("history exports: a store is required")
	}
	return &Exports{store: store}, nil
}

// ExportSink receives an export, piece by piece.
type ExportSink interface {
	// Begin opens a conversation.
	Begin(c chat.Conversation) error
	// Rows receives its next rows, in order; the slice is reused.
	Rows(c chat.Conversation, rows []chat.Row) error
	// End closes it: all its rows have come.
	End(c chat.Conversation) error
}

// Count returns what an export of the filter would have. Errors: [ErrInvalid], identity.ErrForbidden.
func (e *Exports) Count(ctx context.Context, actor identity.Actor, f Filter) (conversations, rows int64, err error) {
	if err := e.permit(actor, &f); err != nil {
		return 0, 0, err
	}
	conversations, rows, err = e.store.Count(ctx, actor.Scope, f)
	if err != nil {
		return 0, 0, fmt.Errorf("count conversations: %w", err)
	}
	return conversations, rows, nil
}

// Export gives sink each conversation within the filter and the actor's scope,
// oldest first, with its whole log, and ends at sink's first error. At most a
// thousand rows are in memory. Errors: [ErrInvalid], identity.ErrForbidden.
func (e *Exports) Export(ctx context.Context, actor identity.Actor, f Filter, sink ExportSink) error {
	if err := e.permit(actor, &f); err != nil {
		return err
	}
	for cursor := ""; ; {
		page, next, err := e.store.Heads(ctx, actor.Scope, f, cursor, exportHeads)
		if err != nil {
			return fmt.Errorf("export conversations: %w", err)
		}
		if err := e.page(ctx, page, sink); err != nil {
			return err
		}
		if next == "" {
			return nil
		}
		cursor = next
	}
}

func (e *Exports) permit(actor identity.Actor, f *Filter) error {
	if !actor.Can(identity.PermExport) {
		return fmt.Errorf("%s: %w", identity.PermExport, identity.ErrForbidden)
	}
	return f.check()
}

// page exports some conversations. Rows come for all of them together, so that
// many short ones cost few queries.
func (e *Exports) page(ctx context.Context, page []chat.Conversation, sink ExportSink) error {
	ids := make([]string, len(page))
	for i := range page {
		ids[i] = page[i].ID
	}
	at, begun, after := 0, false, uint32(0)
	step := func(upto string) error { // closes what is complete, opens what comes
		for ; at < len(page) && (page[at].ID != upto || !begun); at++ {
			if !begun {
				if err := sink.Begin(page[at]); err != nil {
					return err
				}
				begun = true
				if page[at].ID == upto {
					return nil
				}
			}
			if err := sink.End(page[at]); err != nil {
				return err
			}
			begun = false
		}
		return nil
	}
	for at < len(page) {
		rows, err := e.store.RowsOf(ctx, ids[at:], after, exportRows)
		if err != nil {
			return fmt.Errorf("export conversations: %w", err)
		}
		for from := 0; from < len(rows); {
			to := from + 1
			for to < len(rows) && rows[to].Conversation == rows[from].Conversation {
				to++
			}
			if err := step(rows[from].Conversation); err != nil {
				return err
			}
			if err := sink.Rows(page[at], rows[from:to]); err != nil {
				return err
			}
			after = rows[to-1].Seq
			from = to
		}
		if len(rows) < exportRows {
			return step("")
		}
	}
	return nil
}

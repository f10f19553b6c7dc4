package main

import (
	"context"
	"log/slog"
	"sync/atomic"

	"frontdesk/bot"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
	"frontdesk/kb"
)

var (
	_ kb.EditorialStore = (*postgres.Knowledge)(nil)
	_ bot.Drafts        = drafting{}
	_ bot.WorkingCopies = drafting{}
)

// newEditorial returns the editors' side of the knowledge base. The gate is
// whatever s.gate holds when something is published: it is built later.
func newEditorial(s *stack, store *postgres.Knowledge, logger *slog.Logger) (*kb.Editorial, error) {
	return kb.NewEditorial(kb.EditorialConfig{Service: s.knowledge, Store: store, Gate: &s.gate, Logger: logger, Audit: s.accounts.AddAudit})
}

// lateGate is a [kb.Gate] that lets everything pass until it is given one.
type lateGate struct{ gate atomic.Pointer[kb.Gate] }

// Set puts a gate into place.
func (l *lateGate) Set(g kb.Gate) { l.gate.Store(&g) }

// Check implements [kb.Gate].
func (l *lateGate) Check(ctx context.Context, site int32, drafts []kb.DraftRef) error {
	if g := l.gate.Load(); g != nil {
		return (*g).Check(ctx, site, drafts)
	}
	return nil
}

// drafting is the editorial as the bot's learning parts use it.
type drafting struct {
	editorial *kb.Editorial
	store     kb.DraftStore
}

// AddVariant implements [bot.Drafts].
func (d drafting) AddVariant(ctx context.Context, actor identity.Actor, site int32, id, locale, question string) error {
	_, err := d.editorial.AddVariant(ctx, actor, site, id, locale, question)
	return err
}

// NewDraft implements [bot.Drafts].
func (d drafting) NewDraft(ctx context.Context, actor identity.Actor, a kb.Article) error {
	_, err := d.editorial.NewDraft(ctx, actor, a)
	return err
}

// WorkingCopies implements [bot.WorkingCopies].
func (d drafting) WorkingCopies(ctx context.Context, scope identity.Scope, site int32) ([]bot.WorkingCopy, error) {
	all, err := d.store.Drafts(ctx, scope, site)
	if err != nil {
		return nil, err
	}
	out := make([]bot.WorkingCopy, len(all))
	for i, c := range all {
		out[i] = bot.WorkingCopy{DraftRef: c.Ref(), Content: c.Article}
	}
	return out, nil
}

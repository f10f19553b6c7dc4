package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"frontdesk/internal/postgres"
	"frontdesk/kb"
	"frontdesk/models"
)

const (
	// moverBeat is how often a mover shows its progress; its lease lasts far longer.
	moverBeat = 500 * time.Millisecond
	// moverPause is the wait before something is looked at again.
	moverPause = 200 * time.Millisecond
	// moverAgain is the wait before a step is tried again; publications that it kept waiting have their turn in it.
	moverAgain = time.Second
	// moverPatience is how long live nodes may take to load a model.
	moverPatience = 3 * time.Minute
)

// mover brings a switch of models about: it embeds the knowledge base with the
// model, waits until every live node has loaded it, and puts it in use. One node
// (or a command, while no server is up) moves a switch at a time; another goes on
// where it stopped. docs/adr/0004-model-switch.md.
type mover struct {
	store     *postgres.Models
	knowledge *kb.Service
	node      string // UUID
	logger    *slog.Logger
	// alone does not wait for other nodes: at its start a server of a newer release goes ahead of those of older ones.
	alone bool
}

// newMover returns a mover that is a node of its own.
func newMover(store *postgres.Models, knowledge *kb.Service, logger *slog.Logger) *mover {
	return &mover{store: store, knowledge: knowledge, node: uuid.Must(uuid.NewV7()).String(), logger: logger}
}

// settle puts the engine's own encoder in use where it is not: in a new
// database, and after an update of Frontdesk brought another bundled encoder. It
// blocks until that is done: before, nothing could be answered.
func (m *mover) settle(ctx context.Context, encoder models.Manifest, e kb.Embedder) error {
	ahead := *m
	ahead.alone = true
	for logged := false; ; logged = true {
		uses, err := m.store.Uses(ctx)
		if err != nil {
			return err
		}
		if uses[models.TaskEmbed].Fingerprint == encoder.Fingerprint {
			return nil
		}
		s, err := m.store.Wish(ctx, models.Switch{Task: models.TaskEmbed, Name: encoder.Name, Version: encoder.Version, Fingerprint: encoder.Fingerprint})
		if err != nil {
			return err
		}
		if s.State == models.SwitchDone { // another node was faster, since Uses was read
			return nil
		}
		if !logged && uses[models.TaskEmbed].Fingerprint != "" {
			m.logger.InfoContext(ctx, "embedding the knowledge base with the bundled encoder of this release", "version", encoder.Version)
		}
		if err := ahead.move(ctx, s, e); err != nil {
			return err
		}
		if s, err = m.store.Switch(ctx, s.ID); err != nil {
			return err
		}
		if s.State == models.SwitchFailed {
			return fmt.Errorf("embed the knowledge base with %s: %s", encoder.Name, s.Error)
		}
		if s.State.Open() { // another node is at it
			if err := pause(ctx, moverPause); err != nil {
				return err
			}
		}
	}
}

// move returns nil when the switch was moved as far as it goes: it is done, has
// failed with a reason that its row tells, or is another's. Errors: ctx's cause,
// and those of the store that did not go away.
func (m *mover) move(ctx context.Context, s models.Switch, e kb.Embedder) error {
	led, err := m.store.Lead(ctx, s.ID, m.node)
	if err != nil || !led {
		return err
	}
	m.logger.InfoContext(ctx, "switching to another model", "task", s.Task, "model", s.Name, "version", s.Version, "switch", s.ID)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p := &progress{s: s}
	p.s.State = models.SwitchEmbedding
	var beating sync.WaitGroup
	beating.Go(func() { m.beat(ctx, p, cancel) })
	err = m.steps(ctx, p, e)
	cancel(nil)
	beating.Wait()
	switch cause := context.Cause(ctx); {
	case err == nil, errors.Is(err, postgres.ErrSwitchGone), errors.Is(cause, postgres.ErrSwitchGone):
		return nil
	case isRefused(err):
		m.logger.ErrorContext(ctx, "the switch to another model failed; the former one stays in use", "model", s.Name, "error", err)
		return m.store.Fail(context.WithoutCancel(ctx), s.ID, m.node, err.Error())
	default:
		return err
	}
}

// refusal is a reason for which trying again would not help.
type refusal struct{ error }

func isRefused(err error) bool {
	var r refusal
	return errors.As(err, &r) || errors.Is(err, kb.ErrEmbedding)
}

// steps is the way of a switch. What fails because of the database is tried
// again for as long as the lease is ours.
func (m *mover) steps(ctx context.Context, p *progress, e kb.Embedder) error {
	for {
		err := m.embed(ctx, p, e)
		if err == nil {
			err = m.note(ctx, p)
		}
		if err == nil {
			err = m.gather(ctx, p)
		}
		if err == nil {
			err = m.store.Put(ctx, p.s, m.node, func(ctx context.Context, rest []kb.Variant) ([][]float32, error) {
				return m.knowledge.EmbedVariants(ctx, e, p.s.Fingerprint, rest)
			})
		}
		if err == nil {
			m.logger.InfoContext(ctx, "another model is in use", "task", p.s.Task, "model", p.s.Name, "version", p.s.Version)
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if isRefused(err) || errors.Is(err, postgres.ErrSwitchGone) {
			return err
		}
		if !errors.Is(err, postgres.ErrSwitchLater) {
			m.logger.WarnContext(ctx, "a step of a switch failed and is tried again", "model", p.s.Name, "error", err)
		}
		p.set(models.SwitchWaiting, err.Error()+"; it is tried again")
		if err := pause(ctx, moverAgain); err != nil {
			return err
		}
	}
}

// note writes how far the switch is at once: one that is over before the first
// beat would be recorded without its texts.
func (m *mover) note(ctx context.Context, p *progress) error {
	ours, err := m.store.Progress(ctx, p.now(), m.node)
	if err == nil && !ours {
		err = postgres.ErrSwitchGone
	}
	return err
}

func (m *mover) embed(ctx context.Context, p *progress, e kb.Embedder) error {
	if p.s.Task != models.TaskEmbed {
		return nil
	}
	p.set(models.SwitchEmbedding, "")
	return m.knowledge.Reindex(ctx, e, p.count)
}

// gather waits until every live node has loaded the model. One that cannot ends
// the switch: it would be of no use after it.
func (m *mover) gather(ctx context.Context, p *progress) error {
	for deadline := time.Now().Add(moverPatience); !m.alone; {
		nodes, err := m.store.Nodes(ctx, p.s.ID)
		if err != nil {
			return err
		}
		var missing []string
		for _, n := range nodes {
			if n.Error != "" {
				return refusal{fmt.Errorf("node %s cannot load it: %s", n.Host, n.Error)}
			}
			if !n.Ready && n.ID != m.node {
				missing = append(missing, n.Host)
			}
		}
		if len(missing) == 0 {
			return nil
		}
		p.set(models.SwitchWaiting, "waits for "+strings.Join(missing, ", ")+" to load it")
		if time.Now().After(deadline) {
			return refusal{fmt.Errorf("node %s has not loaded it within %v: look at its log", strings.Join(missing, ", "), moverPatience)}
		}
		if err := pause(ctx, moverPause); err != nil {
			return err
		}
	}
	return nil
}

// beat shows the progress and keeps the lease until ctx ends. It cancels with
// postgres.ErrSwitchGone once the switch is closed or another's.
func (m *mover) beat(ctx context.Context, p *progress, cancel context.CancelCauseFunc) {
	for pause(ctx, moverBeat) == nil {
		ours, err := m.store.Progress(ctx, p.now(), m.node)
		if err == nil && !ours {
			cancel(postgres.ErrSwitchGone)
			return
		}
	}
}

// progress is how far a switch is, shared between its mover and its beat.
type progress struct {
	mu sync.Mutex // guards s's State, Done, Total and Error; the rest never changes
	s  models.Switch
}

func (p *progress) set(state models.SwitchState, note string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.s.State, p.s.Error = state, note
}

func (p *progress) count(done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.s.Done, p.s.Total = done, total
}

func (p *progress) now() models.Switch {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.s
}

// pause returns after d, or with the cause of ctx's end.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

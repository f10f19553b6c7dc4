package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"frontdesk/internal/postgres"
	"frontdesk/kb"
	"frontdesk/models"
)

const (
	// switcherPoll is how often a node looks for another model in use; a question that meets one first does not wait for it.
	switcherPoll = 500 * time.Millisecond
	// switcherBeat is how often a node says that it is up.
	switcherBeat = 5 * time.Second
	// switcherRetry is the wait before a model in use that cannot be loaded is tried again.
	switcherRetry = 5 * time.Second
	// switcherGrace is how long a node may lag behind before it is unready.
	switcherGrace = 3 * time.Second
	// formerKept is how long the vectors of a former model wait for a way back.
	formerKept = time.Hour
	// sweepEvery is how often vectors that nobody needs are looked for.
	sweepEvery = time.Minute
)

// errNotLoaded says that this node has not loaded the model in use.
var errNotLoaded = errors.New("this node has not loaded the model in use yet")

// modelEngine is what a switcher needs of the engine; liveEngine is one.
type modelEngine interface {
	// Stage loads and proves a model beside those in use.
	Stage(ctx context.Context, b models.Bundle) (stagedModel, error)
	// Models describes what is loaded.
	Models() []models.Info
}

// stagedModel is a model beside the one in use; *inference.Staged is one.
type stagedModel interface {
	kb.Embedder
	// Publish puts it in use.
	Publish(ctx context.Context) error
	// Discard lets it go unused.
	Discard() error
}

// switcher keeps this node at the models that the database says are in use: it
// loads what is wished for beside them, helps to bring the switch about, and
// follows it. Run owns its goroutines.
type switcher struct {
	store  *postgres.Models
	engine modelEngine
	load   func(models.Use) (models.Bundle, error)
	mover  *mover
	host   string
	logger *slog.Logger
	kept   time.Duration // formerKept
	wake   chan struct{} // one place: look now

	mu     sync.Mutex               // guards all below
	held   map[string]*heldModel    // by task
	lag    map[string]lag           // by task: the model in use is not served here
	open   map[string]models.Switch // by task, as last read
	leased string                   // fingerprint that the node's row says
}

// heldModel is a model beside the one in use, from its loading to its end.
type heldModel struct {
	use       models.Use
	switchID  int64 // 0 = it is in use already, and this node is late
	cancel    context.CancelFunc
	staged    stagedModel // nil while it is being loaded; guarded by the switcher's mu
	published bool        // likewise
}

// lag is since when and why a node is behind.
type lag struct {
	use   models.Use // what should be served
	since time.Time
	err   error // why it cannot be loaded; nil = it is being loaded
}

func newSwitcher(store *postgres.Models, engine modelEngine, load func(models.Use) (models.Bundle, error), m *mover, host string, logger *slog.Logger) *switcher {
	return &switcher{
		store: store, engine: engine, load: load, mover: m, host: host, logger: logger, kept: formerKept, wake: make(chan struct{}, 1),
		held: map[string]*heldModel{}, lag: map[string]lag{}, open: map[string]models.Switch{},
	}
}

// Run follows the database until ctx ends. Then the work on a switch is given
// back, so that another node goes on.
func (s *switcher) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	tick := time.NewTicker(switcherPoll)
	defer tick.Stop()
	var beat, swept time.Time
	for ctx.Err() == nil {
		if err := s.round(ctx, &wg, &beat); err != nil && ctx.Err() == nil {
			s.logger.WarnContext(ctx, "cannot look for another model in use", "error", err)
		}
		if time.Since(swept) > sweepEvery {
			swept = time.Now()
			wg.Go(func() { s.sweep(ctx) })
		}
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-tick.C:
		}
	}
	wg.Wait() // every held model has ended with ctx
	leaving, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), 2*time.Second, errors.New("the database did not answer within 2 s"))
	defer cancel()
	if err := s.store.Leave(leaving, s.mover.node); err != nil {
		s.logger.WarnContext(ctx, "cannot sign off from switches of models", "error", err)
	}
	return nil
}

// round looks once and starts, or ends, what that asks for.
func (s *switcher) round(ctx context.Context, wg *sync.WaitGroup, beat *time.Time) error {
	uses, open, err := s.store.Watch(ctx)
	if err != nil {
		return err
	}
	leased := s.compare(ctx, wg, uses, open)
	fingerprint := s.serving()[models.TaskEmbed]
	if leased != fingerprint || time.Since(*beat) > switcherBeat {
		if err := s.store.Lease(ctx, s.mover.node, s.host, fingerprint); err != nil {
			return err
		}
		*beat = time.Now()
		s.mu.Lock()
		s.leased = fingerprint
		s.mu.Unlock()
	}
	return nil
}

// compare starts what is missing here and ends what nobody wants any more. It
// returns the fingerprint that the node's row says.
func (s *switcher) compare(ctx context.Context, wg *sync.WaitGroup, uses map[string]models.Use, open []models.Switch) string {
	serving := s.serving()
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.open)
	for _, o := range open {
		s.open[o.Task] = o
	}
	for task, use := range uses {
		if !s.serves(use, serving) { // first what is in use, then what is wished for
			if l, ok := s.lag[task]; !ok || l.use.Fingerprint != use.Fingerprint {
				s.lag[task] = lag{since: time.Now(), use: use}
			}
			s.want(ctx, wg, use, 0)
			continue
		}
		delete(s.lag, task)
		if o, ok := s.open[task]; ok {
			s.want(ctx, wg, models.Use{Task: task, Name: o.Name, Version: o.Version, Fingerprint: o.Fingerprint}, o.ID)
		} else if h := s.held[task]; h != nil {
			h.cancel()
			delete(s.held, task)
		}
	}
	return s.leased
}

// serves reports whether what is in use is served here. A compiled-in model that
// only scores is what this release brings, whatever version another release put
// in use: nothing that is stored depends on it.
func (s *switcher) serves(use models.Use, serving map[string]string) bool {
	if use.Fingerprint == "" || use.Fingerprint == serving[use.Task] {
		return true
	}
	return use.Task != models.TaskEmbed && models.IsBuiltIn(use.Name) && slices.ContainsFunc(s.engine.Models(), func(m models.Info) bool {
		return m.InUse && m.Manifest.Task == use.Task && m.Manifest.Name == use.Name
	})
}

// serving returns the fingerprint of what the engine serves, by task.
func (s *switcher) serving() map[string]string {
	serving := map[string]string{models.TaskRerank: models.NoModel, models.TaskClassify: models.NoModel}
	for _, m := range s.engine.Models() {
		if m.InUse {
			serving[m.Manifest.Task] = m.Manifest.Fingerprint
		}
	}
	return serving
}

// want sees to it that the model is held for the switch (0: that it is served);
// mu is held.
func (s *switcher) want(ctx context.Context, wg *sync.WaitGroup, use models.Use, switchID int64) {
	h := s.held[use.Task]
	if h != nil && h.use.Fingerprint == use.Fingerprint {
		if switchID == 0 && h.staged != nil {
			s.publish(ctx, h)
			return
		}
		if switchID == h.switchID || switchID == 0 && h.staged == nil {
			return
		}
	}
	if h != nil {
		h.cancel()
	}
	holding, cancel := context.WithCancel(ctx)
	h = &heldModel{use: use, switchID: switchID, cancel: cancel}
	s.held[use.Task] = h
	wg.Go(func() { s.hold(holding, h) })
}

// publish makes the engine serve a held model; mu is held.
func (s *switcher) publish(ctx context.Context, h *heldModel) {
	if err := h.staged.Publish(ctx); err != nil {
		s.logger.ErrorContext(ctx, "cannot follow a switch of models", "model", h.use.Name, "error", err)
		h.cancel() // it is loaded anew
		delete(s.held, h.use.Task)
		return
	}
	h.published = true
	h.cancel()
	delete(s.held, h.use.Task)
	delete(s.lag, h.use.Task)
	s.logger.InfoContext(ctx, "this node answers with another model", "task", h.use.Task, "model", h.use.Name, "version", h.use.Version)
}

// Follow makes the engine answer with the encoder in use, if this node holds it.
// It loads nothing: a question waits for it.
func (s *switcher) Follow(ctx context.Context, fingerprint string) error {
	if s.serving()[models.TaskEmbed] == fingerprint {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.poke()
	h := s.held[models.TaskEmbed]
	if h == nil || h.use.Fingerprint != fingerprint || h.staged == nil {
		if s.serving()[models.TaskEmbed] == fingerprint { // somebody else was faster
			return nil
		}
		return errNotLoaded
	}
	if s.publish(ctx, h); !h.published {
		return errNotLoaded
	}
	return nil
}

// Catch is Follow for a command, whose switcher does not run: it loads the model
// in use while its caller waits.
func (s *switcher) Catch(ctx context.Context, fingerprint string) error {
	uses, err := s.store.Uses(ctx)
	if err != nil {
		return err
	}
	use := uses[models.TaskEmbed]
	b, err := s.load(use)
	if err != nil {
		return err
	}
	if use.Fingerprint != fingerprint || b.Manifest.Fingerprint != fingerprint {
		return errors.New("the knowledge base was embedded by another release of Frontdesk: start this release's server once, which embeds it anew")
	}
	staged, err := s.engine.Stage(ctx, b)
	if err != nil {
		return err
	}
	return staged.Publish(ctx)
}

// poke makes Run look now.
func (s *switcher) poke() {
	select {
	case s.wake <- struct{}{}:
	default: // it will look
	}
}

// hold loads a model, moves its switch or waits until it is served, and lets it
// go if it never is.
func (s *switcher) hold(ctx context.Context, h *heldModel) {
	staged := s.stage(ctx, h)
	if staged == nil {
		return
	}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !h.published {
			if err := staged.Discard(); err != nil {
				s.logger.WarnContext(ctx, "cannot let go of a model", "model", h.use.Name, "error", err)
			}
		}
	}()
	s.mu.Lock()
	h.staged = staged
	s.mu.Unlock()
	s.poke()
	for h.switchID != 0 {
		if err := s.store.Report(ctx, h.switchID, s.mover.node, ""); err == nil {
			break
		}
		if pause(ctx, moverPause) != nil {
			return
		}
	}
	for h.switchID != 0 && ctx.Err() == nil {
		s.mu.Lock()
		o, ok := s.open[h.use.Task]
		s.mu.Unlock()
		if ok && o.ID == h.switchID {
			if err := s.mover.move(ctx, o, staged); err != nil && ctx.Err() == nil {
				s.logger.WarnContext(ctx, "the work on a switch of models was interrupted", "model", h.use.Name, "error", err)
			}
			s.poke()
		}
		_ = pause(ctx, switcherPoll) // nil, or the end that the loop sees
	}
	<-ctx.Done()
}

// stage loads a model. One that cannot be loaded fails its switch; one that is
// in use is tried again until it can. It returns nil when ctx ends first.
func (s *switcher) stage(ctx context.Context, h *heldModel) stagedModel {
	for {
		staged, err := s.loadAndStage(ctx, h.use)
		if err == nil {
			return staged
		}
		if ctx.Err() != nil {
			return nil
		}
		s.logger.ErrorContext(ctx, "cannot load a model", "task", h.use.Task, "model", h.use.Name, "error", err)
		if h.switchID == 0 {
			s.mu.Lock()
			if l, ok := s.lag[h.use.Task]; ok {
				l.err = err
				s.lag[h.use.Task] = l
			}
			s.mu.Unlock()
		} else if err := s.refuse(ctx, h.switchID, err); err == nil {
			<-ctx.Done()
			return nil
		}
		if pause(ctx, switcherRetry) != nil {
			return nil
		}
	}
}

func (s *switcher) loadAndStage(ctx context.Context, use models.Use) (stagedModel, error) {
	b, err := s.load(use)
	if err != nil {
		return nil, err
	}
	return s.engine.Stage(ctx, b)
}

// refuse says that this node cannot load the model of a switch, and ends the
// switch unless another node leads it, which will see the report.
func (s *switcher) refuse(ctx context.Context, id int64, reason error) error {
	if err := s.store.Report(ctx, id, s.mover.node, reason.Error()); err != nil {
		return err
	}
	led, err := s.store.Lead(ctx, id, s.mover.node)
	if err != nil || !led {
		return err
	}
	return s.store.Fail(ctx, id, s.mover.node, fmt.Sprintf("node %s cannot load it: %v", s.host, reason))
}

// Ready returns why this node does not answer with the models in use, if it
// should by now.
func (s *switcher) Ready(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for task, l := range s.lag {
		switch {
		case l.err != nil:
			return fmt.Errorf("model %s, in use for %s, cannot be loaded: %w", l.use.Name, task, l.err)
		case time.Since(l.since) > switcherGrace:
			return fmt.Errorf("model %s, in use for %s: %w", l.use.Name, task, errNotLoaded)
		}
	}
	return nil
}

// status returns the models that this node answers with and the open switches.
func (s *switcher) status() (inUse []models.Manifest, open []models.Switch) {
	for _, m := range s.engine.Models() {
		if m.InUse {
			inUse = append(inUse, m.Manifest)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return inUse, slices.Collect(maps.Values(s.open))
}

// sweep deletes the vectors that nobody needs.
func (s *switcher) sweep(ctx context.Context) {
	n, err := s.store.DropVectors(ctx, s.kept)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		s.logger.WarnContext(ctx, "cannot delete the vectors of former models", "error", err)
	case n > 0:
		s.logger.InfoContext(ctx, "vectors of former models deleted", "vectors", n)
	}
}

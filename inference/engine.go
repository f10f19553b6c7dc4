// Package inference turns texts into vectors and scores with models that run inside the process.
//
// An Engine holds one model a task: embedding, and where they are wanted reranking and classification. Each is a Go
// tokenizer and a Backend, an ONNX graph or a token table. One scheduler serves them all: questions go through the
// interactive lane, passages through the bulk lane, which waits for the other but is never starved. Everything is bounded
// by tokens: a request is taken as a whole or refused as a whole with an OverloadError that says when to come back.
//
// A model is exchanged while requests go on: Stage loads, proves and warms the new one beside the old one, Publish swaps
// them in one step, and the old one goes when the last request that it serves has ended.
//
// The engine owns its goroutines and has none while idle: a slot starts when work arrives and ends with it; Close waits
// for the runs in flight. A caller who leaves early never disturbs its batch mates, nor memory that C is using. The
// engine never serves a model that disagrees with its golden values, never silently caches (the question cache is off
// unless asked for) and never talks to the network. cgo is confined to internal/onnx.
package inference

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"frontdesk/models"
)

// Engine serves models. Make one with New; it is safe for concurrent use.
type Engine struct {
	cfg      Config
	sched    *scheduler
	desks    chan struct{} // held while a bulk request is tokenised
	models   *registry
	metrics  *metrics
	closing  sync.Once
	closeErr error
}

// New loads the models and proves them by their golden values, and the ONNX Runtime library if one of them needs it.
// Errors wrap ErrNoLibrary, ErrGolden, or the errors of models and the tokenizer, and say what to do.
func New(cfg Config) (*Engine, error) {
	e, err := newEngine(cfg)
	if err != nil {
		return nil, err
	}
	bundles, err := e.cfg.bundles()
	if err != nil {
		return nil, err
	}
	for _, b := range bundles {
		if err := e.start(b); err != nil {
			return nil, errors.Join(err, e.Close())
		}
	}
	return e, nil
}

// newEngine makes an engine without models.
func newEngine(cfg Config) (*Engine, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	e := &Engine{cfg: cfg, sched: newScheduler(cfg.Slots, cfg.Now), desks: make(chan struct{}, runtime.GOMAXPROCS(0))}
	e.models = newRegistry(e.destroy)
	var err error
	e.metrics, err = newMetrics(cfg.Registerer, e.models)
	return e, err
}

func (e *Engine) start(b models.Bundle) error {
	m, err := e.load(context.Background(), &b)
	if err != nil {
		return err
	}
	if err := e.models.stage(m); err != nil {
		return errors.Join(err, e.destroy(m))
	}
	_, err = e.models.publish(m)
	return err
}

// destroy frees a model that nobody uses.
func (e *Engine) destroy(m *model) error {
	e.sched.forget(m.worker)
	if err := m.backend.Close(); err != nil {
		return fmt.Errorf("free model %s: %w", m.manifest.Name, err)
	}
	return nil
}

// Retire takes the model in use for a task, which is not embedding, out of use and puts none in its place: reranking is by
// cosine then, classifying has models.ErrNoModel. Requests that were taken before are served to their end. Where no model
// is in use it does nothing. Its error wraps models.ErrInput or ErrClosed.
func (e *Engine) Retire(task string) error {
	if task == models.TaskEmbed {
		return fmt.Errorf("%w: nothing answers without a model for %s", models.ErrInput, task)
	}
	retired, err := e.models.retire(task)
	if err != nil {
		return fmt.Errorf("take the model for %s out of use: %w", task, err)
	}
	if retired {
		e.metrics.swapped(task, "retired")
	}
	return nil
}

// CountTokens returns how many tokens the embedding model sees of text without its limit, special tokens included.
func (e *Engine) CountTokens(text string) int {
	m := e.models.present(models.TaskEmbed)
	if m == nil {
		return 0
	}
	return m.tok.Count(text)
}

// Dims returns the length of a vector.
func (e *Engine) Dims() int { return e.Model().Dims }

// Fingerprint names the vector space; vectors of different fingerprints must not be compared.
func (e *Engine) Fingerprint() string { return e.Model().Fingerprint }

// Model returns the manifest of the embedding model in use; after Close it is empty.
func (e *Engine) Model() models.Manifest {
	if m := e.models.present(models.TaskEmbed); m != nil {
		return m.manifest
	}
	return models.Manifest{}
}

// Models describes what is loaded, those in use first.
func (e *Engine) Models() []models.Info { return e.models.infos() }

// Runs returns how many runs of ONNX graphs have served requests, of all models.
func (e *Engine) Runs() uint64 { return e.metrics.count.Load() }

// Close refuses new requests, fails waiting ones with ErrClosed, waits for the runs in flight, which still deliver, and
// frees the models. Calling it again waits for the first call and returns its result.
func (e *Engine) Close() error {
	e.closing.Do(func() {
		e.models.close()
		e.sched.close()
		if err := e.models.clear(); err != nil {
			e.closeErr = fmt.Errorf("close inference engine: %w", err)
		}
	})
	return e.closeErr
}

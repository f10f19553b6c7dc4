package inference

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"frontdesk/models"
)

// registry knows the models that are loaded, which of them serve, and when one may go.
type registry struct {
	destroy func(*model) error // frees a model that nobody uses

	mu     sync.Mutex
	inUse  map[string]*model // by task; guarded by mu
	staged []*model          // guarded by mu
	closed bool              // guarded by mu
	errs   []error           // of models destroyed in the background; guarded by mu

	pins  sync.WaitGroup // requests that hold a model
	going sync.WaitGroup // models that are being destroyed
}

func newRegistry(destroy func(*model) error) *registry {
	return &registry{destroy: destroy, inUse: map[string]*model{}}
}

// acquire pins the model in use for a task, so that it outlives the request; name "" means any. The caller releases it.
// Errors: models.ErrNoModel, ErrClosed.
func (r *registry) acquire(task, name string) (*model, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrClosed
	}
	m := r.inUse[task]
	if m == nil || name != "" && name != m.manifest.Name {
		if name == "" {
			return nil, fmt.Errorf("%w: none for %s", models.ErrNoModel, task)
		}
		return nil, fmt.Errorf("%w: %q for %s", models.ErrNoModel, name, task)
	}
	m.refs++
	r.pins.Add(1)
	return m, nil
}

// find is acquire for any task.
func (r *registry) find(name string) (*model, error) {
	r.mu.Lock()
	var task string
	for _, t := range []string{models.TaskEmbed, models.TaskRerank, models.TaskClassify} {
		if m := r.inUse[t]; m != nil && (name == "" || m.manifest.Name == name) {
			task = t
			break
		}
	}
	r.mu.Unlock()
	if task == "" {
		task = models.TaskEmbed
	}
	return r.acquire(task, name)
}

// present returns the model in use for a task without pinning it, nil if there is none: for what outlives it.
func (r *registry) present(task string) *model {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.inUse[task]
}

// pin is acquire for a model that the caller holds already.
func (r *registry) pin(m *model) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || m.retired {
		return ErrClosed
	}
	m.refs++
	r.pins.Add(1)
	return nil
}

// release ends an acquire or pin.
func (r *registry) release(m *model) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m.refs--
	r.reap(m)
	r.pins.Done()
}

// reap destroys a retired model that nobody uses, in the background. The caller holds mu.
func (r *registry) reap(m *model) {
	if !m.retired || m.refs > 0 {
		return
	}
	r.going.Go(func() {
		if err := r.destroy(m); err != nil {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.errs = append(r.errs, err)
		}
	})
}

// stage takes a loaded model in, held by one reference.
func (r *registry) stage(m *model) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return ErrClosed
	}
	m.refs++
	r.staged = append(r.staged, m)
	return nil
}

// publish puts a staged model in use in one step and retires the former one. It returns false for a model that is not
// staged any more.
func (r *registry) publish(m *model) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false, ErrClosed
	}
	i := slices.Index(r.staged, m)
	if i < 0 {
		return false, nil
	}
	r.staged = slices.Delete(r.staged, i, i+1)
	former := r.inUse[m.manifest.Task]
	r.inUse[m.manifest.Task] = m
	m.refs--
	if former != nil {
		former.retired = true
		r.reap(former)
	}
	return true, nil
}

// retire takes the model in use for a task out of use; false says that there is none.
func (r *registry) retire(task string) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false, ErrClosed
	}
	former := r.inUse[task]
	if former == nil {
		return false, nil
	}
	delete(r.inUse, task)
	former.retired = true
	r.reap(former)
	return true, nil
}

// discard retires a staged model; one that is not staged any more stays.
func (r *registry) discard(m *model) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.Index(r.staged, m)
	if i < 0 {
		return false
	}
	r.staged = slices.Delete(r.staged, i, i+1)
	m.refs--
	m.retired = true
	r.reap(m)
	return true
}

// infos describes all models, those in use first.
func (r *registry) infos() []models.Info {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []models.Info
	for _, task := range []string{models.TaskEmbed, models.TaskRerank, models.TaskClassify} {
		if m := r.inUse[task]; m != nil {
			all = append(all, models.Info{Manifest: m.manifest, InUse: true, Runs: m.metrics.count.Load()})
		}
	}
	for _, m := range r.staged {
		all = append(all, models.Info{Manifest: m.manifest, Staged: true, Runs: m.metrics.count.Load()})
	}
	return all
}

// close refuses new requests.
func (r *registry) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
}

// clear waits for the requests that hold models and destroys all models. close comes first.
func (r *registry) clear() error {
	r.pins.Wait()
	r.mu.Lock()
	all := r.staged
	for _, m := range r.inUse {
		all = append(all, m)
	}
	r.staged, r.inUse = nil, map[string]*model{}
	r.mu.Unlock()
	r.going.Wait()
	var errs []error
	for _, m := range all {
		errs = append(errs, r.destroy(m))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(append(errs, r.errs...)...)
}

// open reports whether close has not been called.
func (r *registry) open() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.closed
}

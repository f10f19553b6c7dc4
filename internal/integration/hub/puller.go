package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"frontdesk/models"
)

// Recorder runs a model that was just fetched.
type Recorder interface {
	// Record returns the probes with the ids and values that the model gives them. It refuses a model that does not run
	// or gives nonsense: NaN, the same for all texts, another value in company than alone.
	Record(ctx context.Context, b models.Bundle, probes []models.Golden) ([]models.Golden, error)
}

// Config is what a Puller needs.
type Config struct {
	// Endpoint is the hub's base URL. Required.
	Endpoint string
	// Token is sent to the endpoint, and to no other host. Empty = none.
	Token string
	// Client makes the connections. Required.
	Client *http.Client
	// Store takes the models in. Required.
	Store *models.Store
	// Recorder runs them. Required.
	Recorder Recorder
	// Stall is how long a download may stand still before it is tried anew. Defaults to 60s.
	Stall time.Duration
	// Attempts is how often in a row a request may fail without a byte gained. Defaults to 6.
	Attempts int
}

// Options say what is wanted of a repository, where it does not say enough itself.
type Options struct {
	// Revision is a branch, tag or commit. Defaults to main.
	Revision string
	// Task is models.TaskEmbed …; empty = as the repository's configuration says.
	Task string
	// File is the path of the ONNX file in the repository; empty = onnx/model.onnx or model.onnx.
	File string
	// Quantized takes the file with weights of 8 bits.
	Quantized bool
	// Pooling is models.PoolMean …; empty = as the repository says.
	Pooling string
	// Dims cuts vectors to this length; 0 = all. Sensible for Matryoshka models only.
	Dims int
	// MaxTokens lowers the limit of a text; 0 = the model's own.
	MaxTokens int
	// QuestionPrefix and PassagePrefix replace what the repository or the table of known models says; nil = keep.
	QuestionPrefix, PassagePrefix *string
	// Update replaces a model that is installed in another version or with other options.
	Update bool
}

// Event tells how far a pull is.
type Event struct {
	// Step is what is being done, in words.
	Step string
	// File is being fetched: Done of Total bytes. Total is -1 when unknown. Empty = no file.
	File        string
	Done, Total int64
	// Retry says why the last attempt failed, and Wait how long it waits before the next. Nil = it did not.
	Retry error
	Wait  time.Duration
}

// Puller fetches models. It is safe for concurrent use, by several processes too.
type Puller struct {
	cfg  Config
	base *url.URL
	// What tests replace.
	wait func(context.Context, time.Duration) error
	free func(dir string) (uint64, error)
	open func(*os.Root, string) (*os.File, error)
}

// New makes a puller. Its error names the field that is missing or wrong.
func New(cfg Config) (*Puller, error) {
	if cfg.Endpoint == "" {
		return nil, errors.New("no model hub is configured: set HF_ENDPOINT or models.hub to its base URL")
	}
	base, err := url.Parse(strings.TrimRight(cfg.Endpoint, "/"))
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.User != nil {
		return nil, fmt.Errorf("model hub %q is no http or https URL without user and password", cfg.Endpoint)
	}
	if cfg.Client == nil || cfg.Store == nil || cfg.Recorder == nil {
		return nil, errors.New("make puller: Client, Store and Recorder are required")
	}
	if cfg.Stall < 0 || cfg.Attempts < 0 {
		return nil, errors.New("make puller: Stall and Attempts must not be negative")
	}
	if cfg.Stall == 0 {
		cfg.Stall = time.Minute
	}
	if cfg.Attempts == 0 {
		cfg.Attempts = 6
	}
	return &Puller{cfg: cfg, base: base, wait: pause, free: freeBytes, open: openPart}, nil
}

// Pull fetches a model, proves that it runs, and installs it. A model that is installed in the same version is verified,
// and only what is damaged is fetched again. progress may be nil; it is called from this goroutine, often.
//
// Errors wrap one of the package's, models.ErrName, the recorder's, or the context's cause. After any of them but
// ErrChecksum, what was fetched is kept, and the next Pull goes on from there.
func (p *Puller) Pull(ctx context.Context, id string, o Options, progress func(Event)) (models.Manifest, error) {
	m, err := p.pull(ctx, id, o, progress)
	if err != nil {
		return models.Manifest{}, fmt.Errorf("pull %s: %w", id, err)
	}
	return m, nil
}

func (p *Puller) pull(ctx context.Context, id string, o Options, progress func(Event)) (models.Manifest, error) {
	var none models.Manifest
	if err := o.check(); err != nil {
		return none, err
	}
	dir, err := p.cfg.Store.Dir(id)
	if err != nil {
		return none, err
	}
	if _, ok, _ := models.BuiltIn(id); ok {
		return none, fmt.Errorf("%w: it is compiled into this program", ErrInstalled)
	}
	if progress == nil {
		progress = func(Event) {}
	}
	if err := os.MkdirAll(p.cfg.Store.Root(), 0o750); err != nil {
		return none, fmt.Errorf("make the folder of models: %w", fullDisk(err, p.cfg.Store.Root(), 0))
	}
	unlock, err := lock(filepath.Join(p.cfg.Store.Root(), ".lock-"+models.Folder(id)))
	if err != nil {
		return none, err
	}
	defer unlock()
	if err := recoverFormer(dir); err != nil {
		return none, fmt.Errorf("bring back the former version: %w", err)
	}
	progress(Event{Step: "asking the hub"})
	f := &fetcher{puller: p, repo: id, progress: progress}
	info, err := f.info(ctx, o.Revision)
	if err != nil {
		return none, err
	}
	f.commit = info.SHA
	former, err := p.former(ctx, id, info.SHA, o, progress)
	if err != nil || former.whole {
		return former.manifest, err
	}
	f.pinned = former.pinned
	partial := filepath.Join(p.cfg.Store.Root(), ".partial-"+models.Folder(id))
	m, err := p.prepare(ctx, f, partial, info, o)
	if err != nil {
		return none, err
	}
	return m, install(partial, dir)
}

// check refuses options that cannot be meant.
func (o *Options) check() error {
	if o.Revision == "" {
		o.Revision = "main"
	}
	for _, f := range []struct {
		name, value string
		known       []string
	}{
		{"task", o.Task, []string{"", models.TaskEmbed, models.TaskRerank, models.TaskClassify}},
		{"pooling", o.Pooling, []string{"", models.PoolGraph, models.PoolMean, models.PoolCLS, models.PoolLast}},
	} {
		if !slices.Contains(f.known, f.value) {
			return fmt.Errorf("%s %q is unknown; it is one of %s", f.name, f.value, strings.Join(f.known[1:], ", "))
		}
	}
	if o.Dims < 0 || o.MaxTokens < 0 {
		return errors.New("dims and max-tokens must not be negative")
	}
	if o.File != "" {
		if err := checkPath(o.File); err != nil || path.Ext(o.File) != ".onnx" {
			return fmt.Errorf("file %q is no path of an .onnx file in the repository", o.File)
		}
	}
	return nil
}

// asked is what makes a model of the same revision another one.
func (o *Options) asked() string {
	var all []string
	add := func(set bool, name string, value any) {
		if set {
			all = append(all, fmt.Sprintf("--%s=%v", name, value))
		}
	}
	add(o.Task != "", "task", o.Task)
	add(o.File != "", "file", o.File)
	add(o.Quantized, "quantized", true)
	add(o.Pooling != "", "pooling", o.Pooling)
	add(o.Dims != 0, "dims", o.Dims)
	add(o.MaxTokens != 0, "max-tokens", o.MaxTokens)
	for name, prefix := range map[string]*string{"passage-prefix": o.PassagePrefix, "question-prefix": o.QuestionPrefix} {
		if prefix != nil {
			add(true, name, fmt.Sprintf("%q", *prefix))
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// former is what is installed.
type former struct {
	manifest models.Manifest
	whole    bool                   // there is nothing to do
	pinned   map[string]models.File // of the same revision, by path
}

// former looks at what is installed under the name.
func (p *Puller) former(ctx context.Context, id, commit string, o Options, progress func(Event)) (former, error) {
	m, err := p.cfg.Store.Manifest(id)
	if errors.Is(err, models.ErrNotInstalled) || err != nil && o.Update {
		return former{}, nil
	}
	if err != nil {
		return former{}, fmt.Errorf("%w, but its manifest is damaged: %w; pull it with --update", ErrInstalled, err)
	}
	same := m.Source != nil && m.Source.Revision == commit && m.Source.Options == o.asked()
	if !same && !o.Update {
		return former{}, fmt.Errorf("%w in version %s, asked for is %.12s; --update replaces it: the servers that use it need frontdesk model use %s then",
			ErrInstalled, m.Version, commit, id)
	}
	known := former{manifest: m, pinned: map[string]models.File{}}
	if m.Source != nil && m.Source.Revision == commit {
		for role, f := range m.Files {
			if role != models.FileGolden {
				known.pinned[f.Path] = f
			}
		}
	}
	if !same {
		return known, nil
	}
	progress(Event{Step: "verifying what is installed"})
	_, err = p.cfg.Store.Verify(ctx, id, func(file string, done, total int64) {
		progress(Event{Step: "verifying", File: file, Done: done, Total: total})
	})
	if ctx.Err() != nil {
		return former{}, context.Cause(ctx)
	}
	known.whole = err == nil
	return known, nil
}

// prepare fetches and completes a bundle in the folder partial.
func (p *Puller) prepare(ctx context.Context, f *fetcher, partial string, info repoInfo, o Options) (models.Manifest, error) {
	var none models.Manifest
	if err := f.begin(partial); err != nil {
		return none, err
	}
	defer f.end()
	l := &layout{id: f.repo, info: info, options: o, fetch: f}
	if err := l.read(ctx); err != nil {
		return none, err
	}
	m, err := l.files(ctx)
	if err != nil {
		return none, err
	}
	f.progress(Event{Step: "running the model for its golden values"})
	tokenizer, err := f.root.ReadFile(m.Files[models.FileTokenizer].Path)
	if err != nil {
		return none, fmt.Errorf("read tokenizer: %w", err)
	}
	golden, err := p.cfg.Recorder.Record(ctx, models.Bundle{
		Manifest: m, Tokenizer: tokenizer, ModelPath: filepath.Join(partial, filepath.FromSlash(m.Files[models.FileModel].Path)),
	}, probes(m.Task))
	if err != nil {
		return none, fmt.Errorf("run the model: %w", err)
	}
	data, err := models.MarshalGolden(golden)
	if err != nil {
		return none, err
	}
	if m.Files[models.FileGolden], err = f.write("golden.jsonl", data); err != nil {
		return none, err
	}
	m.Fingerprint = m.ComputeFingerprint()
	if data, err = json.MarshalIndent(m, "", "  "); err != nil {
		return none, fmt.Errorf("write manifest: %w", err)
	}
	if _, err := f.write("manifest.json", append(data, '\n')); err != nil {
		return none, err
	}
	b, err := models.LoadDir(partial) //nolint:contextcheck // what a server will say to it; the last step need not be cut short
	if err != nil {
		return none, err
	}
	return b.Manifest, f.forget()
}

// formerDir is where a version waits that is being replaced.
func formerDir(dir string) string {
	return filepath.Join(filepath.Dir(dir), ".old-"+filepath.Base(dir))
}

// recoverFormer clears up after a pull that ended between the two steps of install: the former version comes back if
// nothing has taken its place, and goes otherwise.
func recoverFormer(dir string) error {
	old := formerDir(dir)
	if _, err := os.Lstat(old); err != nil {
		return nil //nolint:nilerr // the usual case: there is none
	}
	if _, err := os.Lstat(dir); err == nil {
		return os.RemoveAll(old)
	}
	return os.Rename(old, dir)
}

// install puts a complete folder in its place.
func install(partial, dir string) error {
	old := formerDir(dir)
	err := os.Rename(dir, old)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("install: %w", err)
	}
	if err := os.Rename(partial, dir); err != nil {
		return errors.Join(fmt.Errorf("install: %w", err), recoverFormer(dir))
	}
	if err := syncDir(filepath.Dir(dir)); err != nil {
		return fmt.Errorf("install: %w", err)
	}
	if err := os.RemoveAll(old); err != nil {
		return fmt.Errorf("remove the former version: %w", err)
	}
	return nil
}

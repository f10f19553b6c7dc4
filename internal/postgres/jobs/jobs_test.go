package jobs_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
	"frontdesk/internal/postgres/jobs"
	"frontdesk/internal/postgres/pgtest"
	"frontdesk/kb"
	"frontdesk/kb/kbtest"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && strings.HasPrefix(os.Args[1], "die-") {
		dying(os.Args[1], os.Args[2])
	}
	goleak.VerifyTestMain(pgtest.Wrap(m, pgtest.Config{Migrate: func(ctx context.Context, url string) error {
		_, err := postgres.Migrate(ctx, url)
		return err
	}}))
}

// lease is short: tests wait for the end of a dead worker's.
const lease = 1500 * time.Millisecond

// node is a server's part that imports.
type node struct {
	imports *kb.Imports
	store   *postgres.Imports
	client  *jobs.Client
	drafts  *draftBox
}

type draftBox struct {
	mu    sync.Mutex // guards saved
	saved map[string]int
}

func (d *draftBox) ImportDraft(_ context.Context, _ identity.Actor, a kb.Article) (kb.DraftOutcome, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.saved[a.ID]++
	return kb.DraftSaved, nil
}

// readers stand for the documents that these tests do not read.
type readers struct{ pages []kb.Document }

func (readers) ReadSheets(context.Context, io.ReaderAt, int64, func(string, int, []string) error) error {
	return errors.New("no sheets here")
}

func (readers) WriteSheet(io.Writer, string, []string, func(func([]string) error) error) error {
	return errors.New("no sheets here")
}

func (readers) ReadDocument(context.Context, string, kb.Format, io.ReaderAt, int64) (kb.Document, error) {
	panic("a reader that gives up")
}

func (r readers) Crawl(_ context.Context, _ string, _ kb.CrawlLimits, yield func(kb.Document) error) ([]string, error) {
	for _, p := range r.pages {
		if err := yield(p); err != nil {
			return nil, err
		}
	}
	return []string{"one page was left out"}, nil
}

// workWrapper lets a test come between the worker and the store.
type workWrapper func(kb.ImportWork) kb.ImportWork

func newNode(pool *pgxpool.Pool, embedder kb.Embedder, wrap workWrapper) (*node, error) {
	service, err := kb.NewService(kb.Config{Store: postgres.NewKnowledge(pool), Embedder: embedder})
	if err != nil {
		return nil, err
	}
	n := &node{drafts: &draftBox{saved: map[string]int{}}}
	pages := readers{pages: []kb.Document{{Source: "https://help.example/a", Title: "Refunds", Sections: []kb.Section{
		{Path: []string{"Refunds", "How long"}, Text: "A refund takes three to five days to arrive."},
	}}}}
	transfer, err := kb.NewTransfer(kb.TransferConfig{Knowledge: service, Drafts: n.drafts, Sheets: pages, Documents: pages, Crawler: pages})
	if err != nil {
		return nil, err
	}
	n.store = postgres.NewImports(pool, func(ctx context.Context, tx pgx.Tx, site int32) error { return n.client.EnqueueImports(ctx, tx, site) }, lease)
	work := kb.ImportWork(n.store)
	if wrap != nil {
		work = wrap(work)
	}
	if n.imports, err = kb.NewImports(kb.ImportsConfig{Transfer: transfer, Records: n.store, Work: work, Beat: 100 * time.Millisecond}); err != nil {
		return nil, err
	}
	n.client, err = jobs.New(pool, jobs.Config{
		Imports: n.imports.Work, Adopt: n.store.Adopt, Collect: postgres.NewFiles(pool).Collect, AdoptEvery: 200 * time.Millisecond, Poll: 20 * time.Millisecond,
	})
	return n, err
}

// blocked is a model that says when it is asked, and never answers.
type blocked struct {
	kbtest.Embedder

	asked chan struct{}
}

func (b *blocked) EmbedPassages(ctx context.Context, _ []string) ([][]float32, string, error) {
	select {
	case b.asked <- struct{}{}:
	default:
	}
	<-ctx.Done()
	return nil, "", ctx.Err()
}

// suicidal ends its process when the import is committed, before it can be said.
type suicidal struct{ kb.ImportWork }

func (suicidal) EndImport(context.Context, kb.ImportJob) error {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// dying is a server that will be killed: a process of its own.
func dying(how, url string) {
	ctx := context.Background()
	pool, err := postgres.Open(ctx, url, 6)
	if err != nil {
		panic(err)
	}
	var n *node
	embedder := &blocked{asked: make(chan struct{}, 1)}
	if how == "die-late" {
		n, err = newNode(pool, &kbtest.Embedder{}, func(w kb.ImportWork) kb.ImportWork { return suicidal{w} })
	} else {
		n, err = newNode(pool, embedder, nil)
	}
	if err != nil {
		panic(err)
	}
	go func() {
		<-embedder.asked
		fmt.Println("embedding")
	}()
	panic(n.client.Run(ctx))
}

type house struct {
	t     *testing.T
	url   string
	pool  *pgxpool.Pool
	admin identity.Actor
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, url: pgtest.New(t), admin: identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAdmin, ID: "01900000-0000-7000-8000-000000000001", Name: "Ada", Scope: identity.Scope{Sites: []int32{1}, AllDepartments: true}}}
	var err error
	if h.pool, err = postgres.Open(t.Context(), h.url, 12); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.pool.Close)
	return h
}

// node returns one that runs until the test, or stop, ends it.
func (h *house) node(embedder kb.Embedder, run bool) (n *node, stop func()) {
	h.t.Helper()
	n, err := newNode(h.pool, embedder, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	if !run {
		return n, func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.client.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			h.t.Errorf("the job queue ended with %v", err)
		}
	})
	h.t.Cleanup(stop)
	return n, stop
}

// lines is a file of n articles.
func lines(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, `{"id":"a%d","title":"T%d","locale":"en","questions":["question %d"],"answer":"answer"}`+"\n", i, i, i)
	}
	return out.String()
}

func (h *house) start(n *node, name, content string, j kb.ImportJob) kb.ImportJob {
	h.t.Helper()
	j.Site, j.Name = 1, name
	started, err := n.imports.StartFile(h.t.Context(), h.admin, j, strings.NewReader(content))
	if err != nil {
		h.t.Fatal(err)
	}
	return started
}

// settled waits for a state that an import stays in.
func (h *house) settled(n *node, id int64) kb.ImportJob {
	h.t.Helper()
	return h.until(n, id, func(j kb.ImportJob) bool { return j.State != kb.ImportWaiting && j.State != kb.ImportRunning })
}

func (h *house) until(n *node, id int64, ok func(kb.ImportJob) bool) kb.ImportJob {
	h.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(60 * time.Second)
	for {
		j, err := n.imports.Job(h.t.Context(), h.admin, 1, id)
		if err != nil {
			h.t.Fatal(err)
		}
		if ok(j) {
			return j
		}
		select {
		case <-tick.C:
		case <-deadline:
			h.t.Fatalf("the import stays %+v", j)
		}
	}
}

func (h *house) count(sql string, args ...any) (n int) {
	h.t.Helper()
	if err := h.pool.QueryRow(h.t.Context(), sql, args...).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// whole says that n articles were published exactly once each, and that no upload is left.
func (h *house) whole(n int) {
	h.t.Helper()
	if got := h.count("SELECT count(*) FROM kb_versions"); got != n {
		h.t.Errorf("%d versions of %d articles", got, n)
	}
	if got := h.count("SELECT count(*) FROM kb_variants WHERE kind = 1"); got != n {
		h.t.Errorf("%d questions are indexed, want %d", got, n)
	}
	if got := h.count("SELECT count(*) FROM kb_import_parts"); got != 0 {
		h.t.Errorf("%d parts of uploads are left", got)
	}
}

func TestAKilledServersImportIsTakenUpAndNothingIsDoubled(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"die-early", "die-late"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			asking, _ := h.node(&kbtest.Embedder{}, false)
			j := h.start(asking, "a.jsonl", lines(20), kb.ImportJob{})
			program, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			child := exec.CommandContext(t.Context(), program, how, h.url)
			child.Stderr = os.Stderr
			said, err := child.StdoutPipe()
			if err == nil {
				err = child.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			if how == "die-early" {
				if line, err := bufio.NewReader(said).ReadString('\n'); err != nil || line != "embedding\n" {
					t.Fatalf("the worker says %q, %v", line, err)
				}
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
			_ = child.Wait() // killed
			if n := h.count("SELECT count(*) FROM kb_imports WHERE state = 'running'"); n != 1 {
				t.Fatalf("%d imports run after their worker's death", n)
			}
			want := 0
			if how == "die-late" {
				want = 20 // committed, and not yet said
			}
			if n := h.count("SELECT count(*) FROM kb_versions"); n != want {
				t.Fatalf("%d versions after the death, want %d", n, want)
			}
			after, _ := h.node(&kbtest.Embedder{}, true)
			done := h.settled(after, j.ID)
			if done.State != kb.ImportDone || done.Report.Added != 20 || done.Report.Lines != 20 || done.Attempt != 2 {
				t.Fatalf("%+v", done)
			}
			h.whole(20)
		})
	}
}

func TestOfTwoNodesOneDoesAnImport(t *testing.T) {
	t.Parallel()
	h := open(t)
	one, _ := h.node(&kbtest.Embedder{}, true)
	h.node(&kbtest.Embedder{}, true)
	var ids []int64
	for range 5 { // the same file five times: the first publishes, the others find it done
		ids = append(ids, h.start(one, "a.jsonl", lines(30), kb.ImportJob{}).ID)
	}
	added := 0
	for _, id := range ids {
		j := h.settled(one, id)
		if j.State != kb.ImportDone || j.Report.Lines != 30 || j.Attempt != 1 {
			t.Fatalf("%+v", j)
		}
		added += j.Report.Added
	}
	if added != 30 {
		t.Errorf("%d articles were added, want 30", added)
	}
	h.whole(30)
}

func TestAStoppedServerGivesItsImportBack(t *testing.T) {
	t.Parallel()
	h := open(t)
	slow := &blocked{asked: make(chan struct{}, 1)}
	first, stop := h.node(slow, true)
	j := h.start(first, "a.jsonl", lines(3), kb.ImportJob{})
	<-slow.asked
	running := h.until(first, j.ID, func(j kb.ImportJob) bool { return j.State == kb.ImportRunning })
	if running.Author != h.admin.ID || running.AuthorName != "Ada" {
		t.Errorf("author: %+v", running)
	}
	stop()
	if back, err := first.imports.Job(t.Context(), h.admin, 1, j.ID); err != nil || back.State != kb.ImportWaiting {
		t.Fatalf("%+v, %v", back, err)
	}
	second, _ := h.node(&kbtest.Embedder{}, true)
	if done := h.settled(second, j.ID); done.State != kb.ImportDone || done.Report.Added != 3 {
		t.Fatalf("%+v", done)
	}
	h.whole(3)
}

func TestACancelledImportLeavesNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	slow := &blocked{asked: make(chan struct{}, 1)}
	n, _ := h.node(slow, true)
	running := h.start(n, "a.jsonl", lines(3), kb.ImportJob{})
	waiting := h.start(n, "b.jsonl", lines(3), kb.ImportJob{})
	<-slow.asked
	for _, id := range []int64{waiting.ID, running.ID} {
		if _, err := n.imports.Cancel(t.Context(), h.admin, 1, id); err != nil {
			t.Fatal(err)
		}
		if j := h.settled(n, id); j.State != kb.ImportCancelled {
			t.Fatalf("%+v", j)
		}
		if _, err := n.imports.Cancel(t.Context(), h.admin, 1, id); !errors.Is(err, kb.ErrImportState) {
			t.Fatalf("cancelled twice: %v", err)
		}
	}
	h.whole(0)
}

func TestADryRunIsAppliedWithTheSameFile(t *testing.T) {
	t.Parallel()
	h := open(t)
	n, _ := h.node(&kbtest.Embedder{}, true)
	j := h.start(n, "../../a b\x00.jsonl", lines(4), kb.ImportJob{DryRun: true})
	if j.Name != "a b.jsonl" {
		t.Errorf("the file is called %q", j.Name)
	}
	checked := h.settled(n, j.ID)
	if checked.State != kb.ImportChecked || !checked.Kept || checked.Report.Added != 4 || len(checked.Report.Preview) != 4 || h.count("SELECT count(*) FROM kb_versions") != 0 {
		t.Fatalf("%+v", checked)
	}
	if _, err := n.imports.Apply(t.Context(), h.admin, 2, j.ID, false); !errors.Is(err, kb.ErrNotFound) {
		t.Fatalf("another site's import: %v", err)
	}
	if _, err := n.imports.Apply(t.Context(), h.admin, 1, j.ID, false); err != nil {
		t.Fatal(err)
	}
	if done := h.settled(n, j.ID); done.State != kb.ImportDone || done.Report.Added != 4 || done.DryRun {
		t.Fatalf("%+v", done)
	}
	h.whole(4)
	if _, err := n.imports.Apply(t.Context(), h.admin, 1, j.ID, false); !errors.Is(err, kb.ErrImportState) {
		t.Fatalf("applied twice: %v", err)
	}
}

func TestWhatIsWrongIsKept(t *testing.T) {
	t.Parallel()
	h := open(t)
	n, _ := h.node(&kbtest.Embedder{}, true)
	bad := h.settled(n, h.start(n, "a.csv", "id,title,locale,questions,answer\na,,en,q,x\nb,B,de,q,x\n", kb.ImportJob{}).ID)
	if bad.State != kb.ImportFailed || bad.Failure != kb.FailureInvalid || len(bad.Report.Problems) != 2 || bad.Report.Problems[0].Where != "line 2" {
		t.Fatalf("%+v", bad)
	}
	panicked := h.settled(n, h.start(n, "a.pdf", "%PDF-1.7 nothing", kb.ImportJob{}).ID)
	if panicked.State != kb.ImportFailed || panicked.Failure != kb.FailureInternal {
		t.Fatalf("%+v", panicked)
	}
	h.whole(0)
	list, err := n.imports.Jobs(t.Context(), h.admin, 1)
	if err != nil || len(list) != 2 || list[0].ID != panicked.ID {
		t.Fatalf("%+v, %v", list, err)
	}
}

func TestPagesAreFetchedOnceAndBecomeDrafts(t *testing.T) {
	t.Parallel()
	h := open(t)
	n, _ := h.node(&kbtest.Embedder{}, true)
	j, err := n.imports.StartAddress(t.Context(), h.admin, kb.ImportJob{Site: 1, Name: "https://help.example/a", DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	checked := h.settled(n, j.ID)
	if checked.State != kb.ImportChecked || checked.Report.Pages != 1 || checked.Report.Added != 1 || len(checked.Report.Warnings) != 1 {
		t.Fatalf("%+v", checked)
	}
	if _, err := n.imports.Apply(t.Context(), h.admin, 1, j.ID, false); err != nil {
		t.Fatal(err)
	}
	if done := h.settled(n, j.ID); done.State != kb.ImportDone || !done.Report.Drafts || len(n.drafts.saved) != 1 {
		t.Fatalf("%+v, drafts %v", done, n.drafts.saved)
	}
	h.whole(0)
}

func TestASiteHasSoManyUnfinishedImportsAndNoMore(t *testing.T) {
	t.Parallel()
	h := open(t)
	n, _ := h.node(&kbtest.Embedder{}, false)
	var err error
	for range 12 {
		if _, err = n.imports.StartFile(t.Context(), h.admin, kb.ImportJob{Site: 1, Name: "a.csv"}, strings.NewReader("x")); err != nil {
			break
		}
	}
	if !errors.Is(err, kb.ErrTooManyImports) {
		t.Fatalf("%v", err)
	}
	broken := io.MultiReader(bytes.NewReader(make([]byte, 3<<20)), failing{})
	if _, err := n.imports.StartFile(t.Context(), h.admin, kb.ImportJob{Site: 1}, broken); err == nil {
		t.Fatal("an upload that broke off was taken")
	}
	if n := h.count("SELECT count(*) FROM kb_imports WHERE state = 'uploading'"); n != 0 {
		t.Errorf("%d uploads that broke off are left", n)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the client went away") }

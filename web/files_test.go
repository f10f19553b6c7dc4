package web_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"frontdesk/internal/identity"
	"frontdesk/kb"
	"frontdesk/web"
)

// drawer keeps files in memory; used says for whom articles show each.
type drawer struct {
	mu      sync.Mutex // guards what follows
	files   map[string]kb.File
	content map[string][]byte
	used    map[string]kb.Audience
}

func (d *drawer) AddFile(_ context.Context, f kb.File, content []byte) (kb.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files[f.ID], d.content[f.ID] = f, content
	return f, nil
}

func (d *drawer) File(_ context.Context, id string) (kb.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f, ok := d.files[id]
	if !ok {
		return f, fmt.Errorf("file %s: %w", id, kb.ErrNotFound)
	}
	if level, ok := d.used[id]; ok {
		f.Audience = &level
	}
	return f, nil
}

func (d *drawer) OpenFile(_ context.Context, f kb.File) io.ReadSeeker {
	d.mu.Lock()
	defer d.mu.Unlock()
	return bytes.NewReader(d.content[f.ID])
}

func (d *drawer) show(id string, level kb.Audience) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.used[id] = level
}

func openDrawer(t *testing.T) (*house, *drawer) {
	t.Helper()
	d := &drawer{files: map[string]kb.File{}, content: map[string][]byte{}, used: map[string]kb.Audience{}}
	files, err := kb.NewFiles(d)
	if err != nil {
		t.Fatal(err)
	}
	return open(t, func(c *web.Config) { c.Files = files }), d
}

func tinyPNG(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 8, 4))); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

type uploaded struct {
	ID, URL, Markdown, Name string
	MediaType               string `json:"media_type"`
	Inline                  bool
}

func (b *browser) upload(name, content string) (f uploaded) {
	b.h.t.Helper()
	b.post("/api/admin/kb/files?name="+url.QueryEscape(name), content).status(http.StatusCreated).into(&f)
	return f
}

func TestAFileIsServedByItsUseAndNothingInItRuns(t *testing.T) {
	t.Parallel()
	h, d := openDrawer(t)
	admin := h.signIn(h.user("ada", identity.RoleAdmin))
	agent := h.signIn(h.user("alice", identity.RoleAgent))
	anyone := h.browser()
	raw := tinyPNG(t)
	f := admin.upload("../floor\x00 plan.png", raw)
	if f.Name != "floor plan.png" || f.Markdown != "![floor plan](/kb-files/"+f.ID+"#8x4)" || !f.Inline {
		t.Fatalf("%+v", f)
	}
	path := "/kb-files/" + f.ID
	anyone.get(path).problem(404, "not_found")
	agent.get(path).status(200)
	d.show(f.ID, kb.AudienceStaff)
	anyone.get(path).problem(404, "not_found")
	d.show(f.ID, kb.AudiencePublic)
	r := anyone.get(path).status(200)
	want := map[string]string{
		"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
		"Content-Disposition": `inline; filename="floor plan.png"`, "Cache-Control": "private, max-age=300", "Accept-Ranges": "bytes",
	}
	for name, value := range want {
		if got := r.header.Get(name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
	if r.body != raw {
		t.Error("the content is another")
	}
	for name, value := range map[string]string{"If-None-Match": r.header.Get("ETag"), "Range": "bytes=1-3"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(name, value)
		resp, err := anyone.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		part, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		status, body := http.StatusNotModified, ""
		if name == "Range" {
			status, body = http.StatusPartialContent, "PNG"
		}
		if resp.StatusCode != status || string(part) != body {
			t.Errorf("%s: %d %q", name, resp.StatusCode, part)
		}
	}
	for _, id := range []string{"x", "..%2f..%2fetc", newID(), strings.ToUpper(f.ID)} {
		anyone.get("/kb-files/"+id).problem(404, "not_found")
	}
	anyone.get("/kb-files/"+f.ID+"%00").problem(400, "bad_request")
}

func TestWhatCouldRunIsSavedAndNeverShown(t *testing.T) {
	t.Parallel()
	h, d := openDrawer(t)
	admin := h.signIn(h.user("ada", identity.RoleAdmin))
	raw := tinyPNG(t)
	for name, c := range map[string]struct{ content, kind string }{
		"a.svg":         {`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, "application/octet-stream"},
		"a.html":        {`<!doctype html><script>alert(1)</script>`, "application/octet-stream"},
		"a.png":         {raw + "<script>alert(1)</script>", "application/octet-stream"},
		"picture.png":   {"GIF is none", "text/plain; charset=utf-8"},
		"a.pdf":         {"%PDF-1.7 text", "application/pdf"},
		"a.txt":         {"plain words", "text/plain; charset=utf-8"},
		"\"; x=y 文.bin": {"\x00\x01\x02", "application/octet-stream"},
	} {
		f := admin.upload(name, c.content)
		d.show(f.ID, kb.AudiencePublic)
		r := h.browser().get("/kb-files/" + f.ID).status(200)
		if f.MediaType != c.kind || r.header.Get("Content-Type") != c.kind || !strings.HasPrefix(r.header.Get("Content-Disposition"), "attachment") || f.Inline {
			t.Errorf("%s: %+v, %v", name, f, r.header)
		}
		if strings.HasPrefix(f.Markdown, "!") {
			t.Errorf("%s is shown: %s", name, f.Markdown)
		}
	}
	admin.post("/api/admin/kb/files?name=a.exe", "MZ\x90\x00").problem(415, "media_type").has("programs are not kept")
	admin.post("/api/admin/kb/files?name=a", "").problem(422, "invalid").has("the file is empty")
	admin.post("/api/admin/kb/files?name=a", strings.Repeat("x", kb.MaxFileBytes+1)).problem(413, "too_large")
	admin.post("/api/admin/kb/files?site=elsewhere&name=a", "x").problem(404, "not_found")
}

// ledger stands for the imports: it remembers what it was asked.
type ledger struct {
	mu    sync.Mutex // guards asked
	asked []string
}

func (l *ledger) note(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, fmt.Sprintf(format, args...))
}

func (l *ledger) StartFile(_ context.Context, _ identity.Actor, j kb.ImportJob, content io.Reader) (kb.ImportJob, error) {
	raw, err := io.ReadAll(content)
	l.note("file %s %q dry=%v drafts=%v %d bytes", j.Name, j.Format, j.DryRun, j.Drafts, len(raw))
	j.ID, j.State = 7, kb.ImportWaiting
	return j, err
}

func (l *ledger) StartAddress(_ context.Context, _ identity.Actor, j kb.ImportJob) (kb.ImportJob, error) {
	l.note("address %s %+v", j.Name, j.Limits)
	j.ID, j.State, j.Fetch = 8, kb.ImportWaiting, true
	return j, nil
}

func (*ledger) Jobs(context.Context, identity.Actor, int32) ([]kb.ImportJob, error) {
	return nil, nil
}

func (*ledger) Job(_ context.Context, _ identity.Actor, _ int32, id int64) (kb.ImportJob, error) {
	if id != 7 {
		return kb.ImportJob{}, kb.ErrNotFound
	}
	return kb.ImportJob{ID: 7, State: kb.ImportFailed, Failure: kb.FailureInvalid, Report: kb.ImportReport{
		Problems: []kb.Problem{{Where: "line 2", Reason: `"title" is empty`}}, More: 3, Preview: []kb.Change{{ID: "a", Effect: kb.EffectNew}},
	}}, nil
}

func (*ledger) Apply(context.Context, identity.Actor, int32, int64, bool) (kb.ImportJob, error) {
	return kb.ImportJob{}, kb.ErrImportState
}

func (*ledger) Cancel(context.Context, identity.Actor, int32, int64) (kb.ImportJob, error) {
	return kb.ImportJob{}, kb.ErrTooManyImports
}

func TestImportsAreStartedFollowedAndEnded(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	h := open(t, func(c *web.Config) { c.Imports, c.MaxImportBytes = l, 1000 })
	admin := h.signIn(h.user("ada", identity.RoleAdmin))
	admin.post("/api/admin/kb/imports?name=a.csv&dry_run=true&format=csv", "id,title").status(202).has(`"id":"7"`, `"state":"waiting"`, `"source":"file"`)
	admin.post("/api/admin/kb/imports/address", `{"address":"https://example.com","follow":true,"pages":9}`).status(200).has(`"source":"address"`)
	if got, want := fmt.Sprint(l.asked), `[file a.csv "csv" dry=true drafts=false 8 bytes address https://example.com {Pages:9 Follow:true}]`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	admin.post("/api/admin/kb/imports?name=a", strings.Repeat("x", 1001)).problem(413, "too_large")
	admin.post("/api/admin/kb/imports?dry_run=perhaps", "x").problem(400, "bad_request")
	admin.post("/api/admin/kb/imports?format=doc", "x").problem(422, "invalid").has("is none of jsonl, csv")
	admin.post("/api/admin/kb/imports?site=elsewhere", "x").problem(404, "not_found")
	admin.post("/api/admin/kb/imports/address", `{"address":"https://example.com","pages":9999}`).problem(422, "invalid")
	admin.get("/api/admin/kb/imports").status(200).has(`"imports":[]`)
	admin.get("/api/admin/kb/imports/7").status(200).has(`"where":"line 2"`, `"more":3`, `"effect":"new"`, `"failure":"invalid"`)
	for _, id := range []string{"8", "x", "-1", "99999999999999999999", newID()} {
		admin.get("/api/admin/kb/imports/"+id).problem(404, "not_found")
	}
	admin.post("/api/admin/kb/imports/7/apply", `{}`).problem(409, "import_state")
	admin.post("/api/admin/kb/imports/7/cancel", `{}`).problem(429, "too_many_imports")
	admin.get("/api/admin/kb/export?format=pdf").problem(422, "invalid")
	if r := admin.get("/api/admin/kb/export").status(200); r.header.Get("Content-Disposition") != `attachment; filename="knowledge-base.jsonl"` {
		t.Errorf("%v", r.header)
	}
}

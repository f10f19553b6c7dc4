package postgres

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

type files struct {
	*library
	*kb.Files
	store *Files
}

func newFiles(t *testing.T) *files {
	t.Helper()
	l := newLibrary(t)
	f := &files{library: l, store: NewFiles(l.store.pool)}
	var err error
	if f.Files, err = kb.NewFiles(f.store); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *files) upload(name string, content []byte) kb.File {
	f.t.Helper()
	stored, err := f.Upload(f.t.Context(), f.admin, 1, name, bytes.NewReader(content))
	if err != nil {
		f.t.Fatal(err)
	}
	return stored
}

func (f *files) show(id string, audience kb.Audience, stored kb.File) {
	a := article(id, "en", "what does "+id+" look like")
	a.Answer, a.Audience = "Look: "+stored.Markdown(), audience
	f.save(a)
}

// readable says who may read a file: a visitor, staff of its site, staff of another.
func (f *files) readable(id string) (who string) {
	f.t.Helper()
	agent := func(site int32) identity.Actor {
		return identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAgent, ID: "a", Scope: identity.Scope{Sites: []int32{site}, AllDepartments: true}}
	}
	for name, actor := range map[string]identity.Actor{"visitor ": {}, "staff ": agent(1), "stranger ": agent(2)} {
		_, _, err := f.Open(f.t.Context(), actor, id)
		switch {
		case err == nil:
			who += name
		case !errors.Is(err, kb.ErrNotFound):
			f.t.Fatal(err)
		}
	}
	return who
}

func has(who string, names ...string) bool {
	for _, n := range names {
		if !strings.Contains(who, n) {
			return false
		}
	}
	return len(strings.Fields(who)) == len(names)
}

func picture(t *testing.T, seed byte) []byte {
	t.Helper()
	var out bytes.Buffer
	p := image.NewGray(image.Rect(0, 0, 40, 30))
	p.Pix[0] = seed
	if err := png.Encode(&out, p); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestAFileIsForWhoeverMayReadAnArticleThatShowsIt(t *testing.T) {
	t.Parallel()
	f := newFiles(t)
	p := f.upload("plan.png", picture(t, 1))
	if p.Address() != "/kb-files/"+p.ID+"#40x30" || !p.Inline() {
		t.Fatalf("%+v", p)
	}
	if who := f.readable(p.ID); !has(who, "staff") {
		t.Errorf("not shown yet, and readable by %s", who)
	}
	f.show("inside", kb.AudienceStaff, p)
	if who := f.readable(p.ID); !has(who, "staff") {
		t.Errorf("shown to staff, and readable by %s", who)
	}
	f.show("members", kb.AudienceCustomers, p)
	if who := f.readable(p.ID); !has(who, "staff", "visitor", "stranger") {
		t.Errorf("shown to customers, and readable by %s", who)
	}
	if err := f.Archive(t.Context(), f.admin, 1, "members", ""); err != nil {
		t.Fatal(err)
	}
	if who := f.readable(p.ID); !has(who, "staff") {
		t.Errorf("only staff's article is left, and it is readable by %s", who)
	}
	f.show("open", kb.AudiencePublic, p)
	if who := f.readable(p.ID); !has(who, "staff", "visitor", "stranger") {
		t.Errorf("shown to everybody, and readable by %s", who)
	}
	changed := article("open", "en", "what does it look like")
	f.save(changed) // without the picture
	if who := f.readable(p.ID); !has(who, "staff") {
		t.Errorf("taken out of the answer, and readable by %s", who)
	}
}

func TestTheSameFileIsStoredOnceInASite(t *testing.T) {
	t.Parallel()
	f := newFiles(t)
	content := make([]byte, 2*partBytes+777)
	for i := range content {
		content[i] = byte(rand.Int32())
	}
	content[0] = 1 // no kind of file
	one, two := f.upload("a.bin", content), f.upload("b.bin", content)
	if one.ID != two.ID || two.Name != "a.bin" || f.count("SELECT count(*) FROM kb_file_parts") != 3 {
		t.Fatalf("%+v, %+v", one, two)
	}
	_, r, err := f.Open(t.Context(), f.admin, one.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	if _, err := r.Seek(partBytes-3, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	some := make([]byte, 6)
	if _, err := io.ReadFull(r, some); err != nil || !bytes.Equal(some, content[partBytes-3:partBytes+3]) {
		t.Fatalf("a range across two parts: %v, %v", some, err)
	}
	if _, err := f.Upload(t.Context(), f.admin, 99, "a.bin", bytes.NewReader(content)); !errors.Is(err, kb.ErrNotFound) {
		t.Errorf("a site that is not there: %v", err)
	}
}

func TestWhatNobodyShowsGoesAndWhatSomebodyMayStaysForGood(t *testing.T) {
	t.Parallel()
	f := newFiles(t)
	unused, shown, drafted, fresh := f.upload("1.png", picture(t, 1)), f.upload("2.png", picture(t, 2)), f.upload("3.png", picture(t, 3)), f.upload("4.png", picture(t, 4))
	f.show("was", kb.AudiencePublic, shown)
	if err := f.Archive(t.Context(), f.admin, 1, "was", ""); err != nil { // a rollback brings it back
		t.Fatal(err)
	}
	f.exec(`INSERT INTO kb_drafts (site_id, article_id, locale, title, questions, answer, tags, audience, floor, handover, next, owner, state, base_version, revision, editor, created_at, updated_at)
		VALUES (1, 'd', 'en', '', '{}', $1, '{}', 0, 0, false, '{}', '', 'draft', 0, 1, 'x', now(), now())`, drafted.Markdown())
	f.exec("UPDATE kb_files SET used_at = now() - interval '31 days' WHERE id <> $1", fresh.ID)
	if n, err := f.store.Collect(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d were deleted, %v", n, err)
	}
	for id, want := range map[string]bool{unused.ID: false, shown.ID: true, drafted.ID: true, fresh.ID: true} {
		if _, _, err := f.Open(t.Context(), f.admin, id); (err == nil) != want {
			t.Errorf("%s: %v", id, err)
		}
	}
	f.exec("UPDATE kb_files SET used_at = now() - interval '31 days'")
	if _, _, err := f.Open(t.Context(), f.admin, fresh.ID); err != nil { // looked at
		t.Fatal(err)
	}
	if n, err := f.store.Collect(t.Context()); n != 0 || err != nil {
		t.Fatalf("%d were deleted, %v", n, err)
	}
}

package hub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"frontdesk/internal/integration/hub/hubtest"
	"frontdesk/models"
)

func TestLargeFilesComeThroughARedirectAndTheTokenStaysWithTheHub(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *Config) { c.Token = "hf_right" })
	files := minilm(100 << 10)
	b.Add(miniID, &hubtest.Repo{Files: files, Gated: true})
	b.mustPull(t, miniID, Options{})
	dir, err := b.store.Dir(miniID)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "onnx/model.onnx")); err != nil || !bytes.Equal(got, files["onnx/model.onnx"]) {
		t.Errorf("the stored graph is another one: %v", err)
	}
	fromFiles := 0
	for _, r := range b.Requests() {
		switch {
		case r.Host == "hub" && r.Authorization != "Bearer hf_right":
			t.Errorf("the hub was asked for %s without the token", r.Path)
		case r.Host == "files" && r.Authorization != "":
			t.Errorf("the file server saw the token: %s", r.Path)
		case r.Host == "files":
			fromFiles++
		case strings.Contains(r.Path, "/resolve/") && !strings.Contains(r.Path, "/resolve/"+hubtest.Commit+"/"):
			t.Errorf("%s was not asked for by its commit", r.Path)
		}
		if strings.Contains(r.Path, "pytorch_model") {
			t.Errorf("%s was fetched", r.Path)
		}
	}
	if fromFiles != 1 {
		t.Errorf("%d requests to the file server, want 1", fromFiles)
	}
}

func TestDownloadGoesOnWhereItWasCutSeveralTimes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Add(miniID, &hubtest.Repo{Files: minilm(3 << 20)})
	for range 8 { // more than Attempts: each of them gains something
		b.Fail("onnx/model.onnx", hubtest.Fault{CutAfter: 300 << 10})
	}
	b.Fail("tokenizer.json", hubtest.Fault{CutAfter: 10})
	b.mustPull(t, miniID, Options{})
	asked := b.asked("files", "onnx/model.onnx")
	if len(asked) != 9 {
		t.Fatalf("%d requests, want 9", len(asked))
	}
	for i, r := range asked[1:] {
		if want := fmt.Sprintf("bytes=%d-", (i+1)*300<<10); r.Range != want || !strings.HasPrefix(r.IfRange, `"files-`) {
			t.Errorf("request %d asked for %q if %q, want %s", i+1, r.Range, r.IfRange, want)
		}
	}
	for _, w := range b.waits {
		if w <= 0 || w > firstWait {
			t.Errorf("waited %v after an attempt that gained something", w)
		}
	}
}

func TestServerWithoutRangesGivesTheFileFromTheStart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Add(miniID, &hubtest.Repo{Files: minilm(1 << 20)})
	b.Fail("onnx/model.onnx", hubtest.Fault{CutAfter: 500 << 10}, hubtest.Fault{NoRange: true, CutAfter: 100 << 10}, hubtest.Fault{NoRange: true})
	b.mustPull(t, miniID, Options{})
}

func TestFileThatChangedBetweenTwoAttemptsIsFetchedAnew(t *testing.T) {
	t.Parallel()
	for name, etag := range map[string]string{"strong": `"new"`, "weak": `W/"new"`, "none": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.Add(miniID, &hubtest.Repo{Files: minilm(1 << 20)})
			b.Fail("onnx/model.onnx", hubtest.Fault{CutAfter: 500 << 10})
			b.puller.wait = func(context.Context, time.Duration) error { b.Retag("onnx/model.onnx", etag); return nil }
			b.mustPull(t, miniID, Options{})
		})
	}
}

func TestPartThatIsAnotherRangeIsNotAppended(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Add(miniID, &hubtest.Repo{Files: minilm(1 << 20)})
	b.Fail("onnx/model.onnx", hubtest.Fault{CutAfter: 500 << 10}, hubtest.Fault{WrongRange: true})
	b.mustPull(t, miniID, Options{})
}

func TestGarbledJointIsFetchedOnceMoreAndGarbledTwiceIsAnError(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Add(miniID, &hubtest.Repo{Files: minilm(1 << 20)})
	b.Fail("onnx/model.onnx", hubtest.Fault{Garble: true})
	b.Fail("tokenizer.json", hubtest.Fault{Garble: true}) // known by git's hash only
	b.mustPull(t, miniID, Options{})

	for _, file := range []string{"onnx/model.onnx", "tokenizer.json"} {
		b := setup(t)
		b.Add(miniID, &hubtest.Repo{Files: minilm(1 << 20)})
		b.Fail(file, hubtest.Fault{Garble: true}, hubtest.Fault{Garble: true})
		_, err := b.puller.Pull(t.Context(), miniID, Options{}, nil)
		if !errors.Is(err, ErrChecksum) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: error %v, want ErrChecksum", file, err)
		}
		if _, err := b.store.Load(miniID); !errors.Is(err, models.ErrNotInstalled) {
			t.Errorf("%s: something was installed: %v", file, err)
		}
	}
}

func TestChecksumThatTheHubAnnouncesWronglyIsAnError(t *testing.T) {
	t.Parallel()
	for _, bare := range []bool{false, true} {
		b := setup(t)
		b.Add(miniID, &hubtest.Repo{Files: minilm(1000), Bare: bare, Announce: map[string]string{"onnx/model.onnx": strings.Repeat("a", 64)}})
		if _, err := b.puller.Pull(t.Context(), miniID, Options{}, nil); !errors.Is(err, ErrChecksum) {
			t.Errorf("bare %v: error %v, want ErrChecksum", bare, err)
		}
	}
}

func TestHubsOwnErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		token string
		repo  *hubtest.Repo
		o     Options
		want  error
		says  string
	}{
		{"no such repository", "", nil, Options{}, ErrAccess, "check the spelling"},
		{"private", "hf_wrong", &hubtest.Repo{Private: true}, Options{}, ErrAccess, "token that is configured"},
		{"gated without token", "", &hubtest.Repo{Gated: true}, Options{}, ErrAccess, "accept its terms"},
		{"gated with another's token", "hf_wrong", &hubtest.Repo{Gated: true}, Options{}, ErrAccess, "token that is configured"},
		{"no such revision", "", &hubtest.Repo{}, Options{Revision: "v9"}, ErrNotFound, "revision"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(cfg *Config) { cfg.Token = c.token })
			if c.repo != nil {
				c.repo.Files = minilm(100)
				b.Add(miniID, c.repo)
			}
			_, err := b.puller.Pull(t.Context(), miniID, c.o, nil)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want %v with %q", err, c.want, c.says)
			}
			if err != nil && c.token != "" && strings.Contains(err.Error(), c.token) {
				t.Error("the error shows the token")
			}
			if len(b.waits) > 0 {
				t.Errorf("tried again %d times", len(b.waits))
			}
		})
	}
}

func TestOverloadedHubIsAskedAgainWithGrowingPausesOrWhenItSays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Add(miniID, &hubtest.Repo{Files: minilm(1000)})
	b.Fail("", hubtest.Fault{Status: 503}, hubtest.Fault{Status: 502}, hubtest.Fault{Status: 429, RetryAfter: "7"})
	b.Fail("onnx/model.onnx", hubtest.Fault{Status: 500}, hubtest.Fault{Status: 429})
	b.mustPull(t, miniID, Options{})
	if len(b.waits) != 5 || b.waits[2] != 7*time.Second {
		t.Errorf("waited %v; want five pauses, the third of 7s", b.waits)
	}
	for i, most := range []time.Duration{firstWait, 2 * firstWait} {
		if b.waits[i] > most {
			t.Errorf("pause %d is %v, at most %v", i, b.waits[i], most)
		}
	}
}

func TestHubThatStaysDownIsGivenUpAndWhatCameIsKept(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Add(miniID, &hubtest.Repo{Files: minilm(1 << 20)})
	b.Fail("onnx/model.onnx", hubtest.Fault{CutAfter: 400 << 10})
	for range 5 { // with the cut one, six in a row
		b.Fail("onnx/model.onnx", hubtest.Fault{Status: 503})
	}
	_, err := b.puller.Pull(t.Context(), miniID, Options{}, nil)
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "503") || !strings.Contains(err.Error(), "goes on where it stopped") {
		t.Fatalf("error %v, want ErrUnavailable", err)
	}
	if strings.Contains(err.Error(), "signature") {
		t.Errorf("the error shows a signed address: %v", err)
	}
	b.Forget()
	b.mustPull(t, miniID, Options{})
	asked := b.asked("files", "onnx/model.onnx")
	if len(asked) != 1 || asked[0].Range != fmt.Sprintf("bytes=%d-", 400<<10) {
		t.Fatalf("went on with %+v, want the rest from %d on", asked, 400<<10)
	}
	if again := b.asked("hub", "tokenizer.json"); len(again) != 0 {
		t.Errorf("complete files were fetched again: %v", again)
	}

	b.Fail("", hubtest.Fault{Status: 429, RetryAfter: "3600"})
	_, err = b.puller.Pull(t.Context(), miniID, Options{}, nil)
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "1h") {
		t.Errorf("asked to wait an hour: %v", err)
	}
}

func TestCancelledPullCanGoOn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Add(miniID, &hubtest.Repo{Files: minilm(2 << 20)})
	b.Fail("onnx/model.onnx", hubtest.Fault{StallAfter: 1 << 20})
	errInterrupt := errors.New("ctrl-c")
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err := b.puller.Pull(ctx, miniID, Options{}, func(e Event) {
		if e.File == "onnx/model.onnx" && e.Done >= 1<<20 {
			cancel(errInterrupt)
		}
	})
	cancel(nil)
	if !errors.Is(err, errInterrupt) {
		t.Fatalf("error %v, want the cause", err)
	}
	b.Forget()
	b.mustPull(t, miniID, Options{})
	if asked := b.asked("files", "onnx/model.onnx"); len(asked) != 1 || asked[0].Range != fmt.Sprintf("bytes=%d-", 1<<20) {
		t.Errorf("went on with %+v", asked)
	}
}

func TestDownloadThatStandsStillIsTriedAnew(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *Config) { c.Stall = 100 * time.Millisecond })
	b.Add(miniID, &hubtest.Repo{Files: minilm(1 << 20)})
	b.Fail("onnx/model.onnx", hubtest.Fault{StallAfter: 300 << 10})
	b.mustPull(t, miniID, Options{})
	if asked := b.asked("files", "onnx/model.onnx"); len(asked) < 2 || asked[1].Range == "" {
		t.Errorf("requests %+v", asked)
	}
}

func TestAnswersThatAreNotWhatWasAskedForAreErrors(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, file string
		fault      hubtest.Fault
		want       error
		says       string
	}{
		{"login page for the description", "", hubtest.Fault{HTML: true}, ErrContent, "web page"},
		{"login page for a configuration", "config.json", hubtest.Fault{HTML: true}, ErrContent, "config.json"},
		{"login page for the graph", "onnx/model.onnx", hubtest.Fault{HTML: true}, ErrContent, "web page"},
		{"compressed body", "tokenizer.json", hubtest.Fault{Encoded: true}, ErrContent, "gzip"},
		{"another commit", "tokenizer.json", hubtest.Fault{OtherCommit: true}, ErrContent, "ffffffffffff"},
		{"teapot", "tokenizer.json", hubtest.Fault{Status: 418}, ErrContent, "418"},
		{"file gone", "tokenizer.json", hubtest.Fault{Status: 404}, ErrNotFound, "tokenizer.json"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.Add(miniID, &hubtest.Repo{Files: minilm(1000)})
			b.Fail(c.file, c.fault)
			_, err := b.puller.Pull(t.Context(), miniID, Options{}, nil)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want %v with %q", err, c.want, c.says)
			}
		})
	}
}

func TestEndlessFileIsCutOff(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *Config) { c.Attempts = 2 })
	b.Add(miniID, &hubtest.Repo{Files: minilm(1 << 20)})
	b.Fail("onnx/model.onnx", hubtest.Fault{Endless: true}, hubtest.Fault{Endless: true})
	_, err := b.puller.Pull(t.Context(), miniID, Options{}, nil)
	if !errors.Is(err, ErrChecksum) {
		t.Errorf("error %v, want ErrChecksum", err)
	}
}

func TestFullDiskIsSaidBeforeAndDuringADownload(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Add(miniID, &hubtest.Repo{Files: minilm(1 << 20)})
	b.puller.free = func(string) (uint64, error) { return slack + 500<<10, nil }
	_, err := b.puller.Pull(t.Context(), miniID, Options{}, nil)
	if !errors.Is(err, ErrDiskFull) || !strings.Contains(err.Error(), "model.onnx") {
		t.Errorf("before: error %v, want ErrDiskFull", err)
	}
	if asked := b.asked("hub", "onnx/model.onnx"); len(asked) > 0 {
		t.Error("the download was begun")
	}

	b.puller.free = freeBytes
	b.puller.open = func(root *os.Root, name string) (*os.File, error) {
		if strings.HasSuffix(name, ".onnx.part") {
			return os.OpenFile("/dev/full", os.O_RDWR, 0)
		}
		return openPart(root, name)
	}
	if _, err = b.puller.Pull(t.Context(), miniID, Options{}, nil); !errors.Is(err, ErrDiskFull) {
		t.Errorf("during: error %v, want ErrDiskFull", err)
	}
	b.puller.open = openPart
	b.mustPull(t, miniID, Options{})
}

func TestSecondPullOfAModelIsRefusedWhileTheFirstGoesOn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Add(miniID, &hubtest.Repo{Files: minilm(1000)})
	b.Add("acme/other", &hubtest.Repo{Files: minilm(1000)})
	second := b.another(t)
	var busy, other error
	b.Hold = func(file string) {
		if file == "onnx/model.onnx" {
			b.Hold = nil
			_, busy = second.Pull(t.Context(), miniID, Options{}, nil)
			_, other = second.Pull(t.Context(), "acme/other", Options{}, nil)
		}
	}
	b.mustPull(t, miniID, Options{})
	if !errors.Is(busy, ErrBusy) {
		t.Errorf("the same model: error %v, want ErrBusy", busy)
	}
	if other != nil {
		t.Errorf("another model: %v", other)
	}
}

func TestHubInAClosedRangeIsRefusedWithTheMend(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.puller = b.another(t, func(c *Config) { c.Endpoint = "http://[::1]:9" })
	_, err := b.puller.Pull(t.Context(), miniID, Options{}, nil)
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "egress_allow") || len(b.waits) > 0 {
		t.Errorf("error %v after %d pauses", err, len(b.waits))
	}
}

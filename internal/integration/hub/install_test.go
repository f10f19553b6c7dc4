package hub

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"frontdesk/internal/integration/hub/hubtest"
	"frontdesk/models"
)

func TestSecondPullOfTheSameRevisionFetchesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Add(miniID, &hubtest.Repo{Files: minilm(1000)})
	first := b.mustPull(t, miniID, Options{})
	b.Forget()
	second := b.mustPull(t, miniID, Options{})
	if len(b.Requests()) != 1 || second.Fingerprint != first.Fingerprint || b.recorder.calls != 1 {
		t.Errorf("%d requests, %d runs", len(b.Requests()), b.recorder.calls)
	}
}

func TestDamagedModelIsFetchedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Add(miniID, &hubtest.Repo{Files: minilm(1000)})
	first := b.mustPull(t, miniID, Options{})
	dir, err := b.store.Dir(miniID)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "onnx/model.onnx"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if again := b.mustPull(t, miniID, Options{}); again.Fingerprint != first.Fingerprint {
		t.Error("it has another fingerprint now")
	}
}

func TestOtherBytesForThePinnedRevisionAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	repo := b.Add(miniID, &hubtest.Repo{Files: minilm(1000)})
	b.mustPull(t, miniID, Options{})
	dir, err := b.store.Dir(miniID)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "tokenizer.json")); err != nil {
		t.Fatal(err)
	}
	repo.Files = with(repo.Files, map[string][]byte{"tokenizer.json": []byte(`{"model":{"type":"Unigram"}}`)})
	_, err = b.puller.Pull(t.Context(), miniID, Options{}, nil)
	if !errors.Is(err, ErrPinned) || !strings.Contains(err.Error(), "tokenizer.json") {
		t.Errorf("error %v, want ErrPinned", err)
	}
}

func TestNewerRevisionReplacesOnlyWhenAskedTo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	repo := b.Add(miniID, &hubtest.Repo{Files: minilm(1000)})
	first := b.mustPull(t, miniID, Options{})
	repo.Commit, repo.Files = strings.Repeat("b", 40), minilm(2000)
	_, err := b.puller.Pull(t.Context(), miniID, Options{}, nil)
	if !errors.Is(err, ErrInstalled) || !strings.Contains(err.Error(), "--update") || !strings.Contains(err.Error(), "model use") {
		t.Errorf("error %v, want ErrInstalled", err)
	}
	if m, err := b.store.Verify(t.Context(), miniID, nil); err != nil || m.Version != first.Version {
		t.Errorf("the installed one is %s, %v", m.Version, err)
	}
	if m := b.mustPull(t, miniID, Options{Update: true}); m.Version == first.Version {
		t.Error("it was not replaced")
	}
	if _, err := b.puller.Pull(t.Context(), miniID, Options{Dims: 64}, nil); !errors.Is(err, ErrInstalled) {
		t.Errorf("other options: error %v, want ErrInstalled", err)
	}
	if m := b.mustPull(t, miniID, Options{Dims: 64, Update: true}); m.Dims != 64 {
		t.Errorf("%d dims", m.Dims)
	}
}

func TestFailedUpdateLeavesTheInstalledVersion(t *testing.T) {
	t.Parallel()
	b := setup(t)
	repo := b.Add(miniID, &hubtest.Repo{Files: minilm(1000)})
	first := b.mustPull(t, miniID, Options{})
	repo.Commit = strings.Repeat("b", 40)
	b.recorder.err = errors.New("all its vectors are the same")
	_, err := b.puller.Pull(t.Context(), miniID, Options{Update: true}, nil)
	if err == nil || !strings.Contains(err.Error(), "all its vectors") {
		t.Errorf("error %v", err)
	}
	if m, err := b.store.Verify(t.Context(), miniID, nil); err != nil || m.Fingerprint != first.Fingerprint {
		t.Errorf("the installed one is %s, %v", m.Version, err)
	}
}

func TestFilesOfAnotherCommitAreNotGoneOnWith(t *testing.T) {
	t.Parallel()
	b := setup(t)
	repo := b.Add(miniID, &hubtest.Repo{Files: minilm(1 << 20)})
	b.recorder.err = errors.New("no library")
	if _, err := b.puller.Pull(t.Context(), miniID, Options{}, nil); err == nil {
		t.Fatal("it was installed")
	}
	b.recorder.err = nil
	b.Forget()
	b.mustPull(t, miniID, Options{})
	if asked := b.asked("files", "model.onnx"); len(asked) != 0 {
		t.Errorf("the graph was fetched again: %v", asked)
	}
	repo.Commit, repo.Files = strings.Repeat("c", 40), minilm(2<<20)
	b.mustPull(t, miniID, Options{Update: true})
	if got, err := b.store.Load(miniID); err != nil || got.Manifest.Files[models.FileModel].Size < 2<<20 {
		t.Errorf("%v", err)
	}
}

func TestFilesOfAnotherChoiceDoNotStayInTheFolder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Add(miniID, &hubtest.Repo{Files: with(minilm(1000), map[string][]byte{"onnx/model_quantized.onnx": minilm(2000)["onnx/model.onnx"]})})
	b.recorder.err = errors.New("no library")
	if _, err := b.puller.Pull(t.Context(), miniID, Options{Quantized: true}, nil); err == nil {
		t.Fatal("it was installed")
	}
	b.recorder.err = nil
	b.mustPull(t, miniID, Options{})
	dir, err := b.store.Dir(miniID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "onnx/model_quantized.onnx")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the other graph stayed: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "README.md")); err != nil {
		t.Errorf("the model card went: %v", err)
	}
}

func TestModelThatWasBeingReplacedWhenThePowerFailedComesBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Add(miniID, &hubtest.Repo{Files: minilm(1000)})
	b.mustPull(t, miniID, Options{})
	dir, err := b.store.Dir(miniID)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir, formerDir(dir)); err != nil {
		t.Fatal(err)
	}
	b.Forget()
	b.mustPull(t, miniID, Options{})
	if len(b.Requests()) != 1 {
		t.Errorf("it was fetched again: %v", b.Requests())
	}
}

func TestFolderInThePlaceOfAFileOfThePullIsNoWayOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Add(miniID, &hubtest.Repo{Files: minilm(1 << 20)})
	b.Fail("onnx/model.onnx", hubtest.Fault{Status: 404})
	if _, err := b.puller.Pull(t.Context(), miniID, Options{}, nil); !errors.Is(err, ErrNotFound) {
		t.Fatal(err)
	}
	outside := filepath.Join(t.TempDir(), "target")
	partial := filepath.Join(b.store.Root(), ".partial-"+models.Folder(miniID))
	if err := os.Remove(filepath.Join(partial, "onnx/model.onnx.part")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(partial, "onnx/model.onnx.part")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.puller.Pull(t.Context(), miniID, Options{}, nil); err == nil {
		t.Error("a link out of the folder was written through")
	}
	if _, err := os.Stat(outside); err == nil {
		t.Error("the target of the link was made")
	}
}

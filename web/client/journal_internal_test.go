package client

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"frontdesk/web/frame"
)

func keptMessage(cid, content string) kept {
	return kept{frame: Message{Conv: "c", Content: content}.frame(cid)}
}

func cids(all []kept) (out []string) {
	for _, k := range all {
		_, cid := addressOf(k.frame)
		out = append(out, cid)
	}
	return out
}

func TestAnOutboxFileGivesBackWhatHasNoAnswerHoweverItsProcessEnded(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 3))
		path := filepath.Join(t.TempDir(), "outbox")
		var want []string
		n := 0
		for range 8 { // processes
			j, all, err := openJournal(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := cids(all); !slices.Equal(got, want) {
				t.Fatalf("seed %d: given back %v, want %v", seed, got, want)
			}
			for range rng.IntN(60) {
				if len(want) > 0 && rng.IntN(2) == 0 {
					i := rng.IntN(len(want))
					cid := want[i]
					want = slices.Delete(slices.Clone(want), i, i+1)
					if err := j.settle(cid, func() (left []kept) {
						for _, cid := range want {
							left = append(left, keptMessage(cid, strings.Repeat("x", 9000)))
						}
						return left
					}); err != nil {
						t.Fatal(err)
					}
					continue
				}
				n++
				cid := fmt.Sprintf("m%d", n)
				if err := j.take(keptMessage(cid, strings.Repeat("x", 9000))); err != nil {
					t.Fatal(err)
				}
				want = append(want, cid)
			}
			if rng.IntN(2) == 0 { // the process was killed while it wrote
				if _, err := j.file.WriteString(`{"frame":{"send":{"conv":"c","cid":"torn","con`); err != nil {
					t.Fatal(err)
				}
			}
			if err := j.close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestAnOutboxFileDoesNotGrowWithWhatIsAnswered(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox")
	j, _, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2000 {
		cid := fmt.Sprint(i)
		if err := j.take(keptMessage(cid, strings.Repeat("x", 2000))); err != nil {
			t.Fatal(err)
		}
		if err := j.settle(cid, func() []kept { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() > compactAt+8192 {
		t.Fatalf("%d bytes, %v", info.Size(), err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("others may read people's messages: %v", info.Mode())
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("%v is left behind, %v", left, err)
	}
}

func TestAnEditOfAnotherLogIsFound(t *testing.T) {
	t.Parallel()
	o := newOutbox(10, 1, 10)
	for cid, epoch := range map[string]string{"old": "e1", "new": "e2", "first": ""} {
		e, _, err := o.add(Edit{Conv: "c", Seq: 1, Remove: true}.frame(cid))
		if err != nil {
			t.Fatal(err)
		}
		e.epoch = epoch
	}
	if _, _, err := o.add(&frame.ClientFrame{Frame: &frame.ClientFrame_Send{Send: &frame.Send{Conv: "c", Cid: "m"}}}); err != nil {
		t.Fatal(err)
	}
	if out := o.outdated("e2"); len(out) != 1 || out[0].cid != "old" {
		t.Fatalf("outdated: %v", out)
	}
	if out := o.outdated("e3"); len(out) != 3 {
		t.Fatalf("after another restore: %v", out)
	}
}

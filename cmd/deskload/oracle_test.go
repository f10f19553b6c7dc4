package main

import (
	"slices"
	"strconv"
	"testing"
	"time"
)

// story is a healthy run of ten messages in one conversation, between a
// visitor and an agent with a watcher, that a test then spoils.
type story struct {
	o      *oracle
	cids   []string
	texts  []string
	stored []storedRow
}

const conv = "conv-1"

func tell(t *testing.T) *story {
	t.Helper()
	s := &story{o: newOracle("run")}
	for by := range classes {
		s.o.expect(conv, by)
	}
	for i := range 10 {
		cid := "cid-" + strconv.Itoa(i)
		sender := "v0"
		if i%3 == 2 {
			sender = "a0"
		}
		s.cids = append(s.cids, cid)
		s.texts = append(s.texts, s.o.sent(conv, cid, sender, "hello", time.Now()))
		s.stored = append(s.stored, storedRow{uint32(i + 1), cid, s.texts[i]})
	}
	return s
}

// seen lets everybody see the rows, in order, and acknowledges all messages.
func (s *story) finish() {
	for i, r := range s.stored {
		s.o.acked(conv, s.cids[i], uint32(i+1))
		for by := range classes {
			s.o.saw(by, conv, r.seq, r.cid, r.content)
		}
	}
}

func (s *story) judge() verdict {
	return s.o.judge(map[string][]storedRow{conv: s.stored})
}

func TestAHealthyRunIsClean(t *testing.T) {
	t.Parallel()
	s := tell(t)
	if s.o.settled() {
		t.Error("settled before anything was acknowledged")
	}
	s.finish()
	v := s.judge()
	if !v.clean() || v.Sent != 10 || v.Acked != 10 || v.Received != 10 || v.Stored != 10 || !s.o.settled() {
		t.Errorf("verdict %+v", v)
	}
}

func TestEveryFaultIsFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(s *story)
		ok    func(v verdict) bool
	}{
		"an acknowledged row is missing in the history": {
			func(s *story) { s.finish(); s.stored = slices.Delete(s.stored, 4, 5) },
			func(v verdict) bool {
				return v.Lost == 1 && v.Detail.LostStored == 1 && v.Gaps == 1 && v.Phantom == 1
			},
		},
		"the last acknowledged row is missing, which leaves no gap": {
			func(s *story) { s.finish(); s.stored = s.stored[:9] },
			func(v verdict) bool { return v.Lost == 1 && v.Gaps == 0 },
		},
		"a row is stored under another seq than acknowledged": {
			func(s *story) {
				s.finish()
				s.stored[9].seq = 12
			},
			func(v verdict) bool { return v.Lost == 1 && v.Gaps == 2 },
		},
		"a row was never shown to the agent": {
			func(s *story) {
				for i, r := range s.stored {
					s.o.acked(conv, r.cid, r.seq)
					for by := range classes {
						if i != 6 || by != agentSide {
							s.o.saw(by, conv, r.seq, r.cid, r.content)
						}
					}
				}
			},
			func(v verdict) bool { return v.Lost == 1 && v.Detail.LostAgent == 1 && v.Detail.LostStored == 0 },
		},
		"a row was shown to nobody": {
			func(s *story) {
				for i, r := range s.stored {
					s.o.acked(conv, r.cid, r.seq)
					for by := range classes {
						if i != 6 {
							s.o.saw(by, conv, r.seq, r.cid, r.content)
						}
					}
				}
			},
			func(v verdict) bool {
				return v.Lost == 1 && v.Detail.LostVisitor == 1 && v.Detail.LostAgent == 1 && v.Detail.LostWatcher == 1
			},
		},
		"a row stands twice under the same cid": {
			func(s *story) {
				s.finish()
				s.stored = append(s.stored, storedRow{11, s.cids[3], s.texts[3]})
			},
			func(v verdict) bool { return v.Duplicated == 1 && v.Detail.DupStored == 1 && v.Lost == 0 },
		},
		"a row stands twice under another cid": {
			func(s *story) {
				s.finish()
				s.stored = append(s.stored, storedRow{11, "other", s.texts[3]})
			},
			func(v verdict) bool { return v.Duplicated == 1 && v.Detail.DupStored == 1 },
		},
		"a row was shown twice": {
			func(s *story) {
				s.finish()
				s.o.saw(visitorSide, conv, 10, s.cids[9], s.texts[9])
			},
			func(v verdict) bool { return v.Duplicated == 1 && v.Detail.DupSeen == 1 },
		},
		"a message was acknowledged twice as different rows": {
			func(s *story) { s.finish(); s.o.acked(conv, s.cids[0], 11) },
			func(v verdict) bool { return v.Detail.DupAcked == 1 && v.Duplicated == 1 },
		},
		"rows were shown in another order": {
			func(s *story) {
				for i := range s.stored {
					r := s.stored[i]
					if i == 3 || i == 4 {
						r = s.stored[7-i]
					}
					s.o.acked(conv, s.cids[i], uint32(i+1))
					for by := range classes {
						s.o.saw(by, conv, r.seq, r.cid, r.content)
					}
				}
			},
			func(v verdict) bool { return v.Reordered == 3 && v.Detail.ReorderedSeen == 3 && v.Lost == 0 },
		},
		"a visitor's words stand in another order than written": {
			func(s *story) {
				s.stored[0], s.stored[1] = storedRow{1, s.cids[1], s.texts[1]}, storedRow{2, s.cids[0], s.texts[0]}
				s.o.acked(conv, s.cids[0], 2)
				s.o.acked(conv, s.cids[1], 1)
				for i, r := range s.stored {
					if i > 1 {
						s.o.acked(conv, r.cid, r.seq)
					}
					for by := range classes {
						s.o.saw(by, conv, r.seq, r.cid, r.content)
					}
				}
			},
			func(v verdict) bool { return v.Reordered == 1 && v.Detail.ReorderedSent == 1 && v.Lost == 0 },
		},
		"the history is not in the order of seq": {
			func(s *story) { s.finish(); s.stored[2], s.stored[3] = s.stored[3], s.stored[2] },
			func(v verdict) bool { return v.Detail.ReorderedStored == 1 },
		},
		"a row was shown that is not stored": {
			func(s *story) {
				s.o.saw(visitorSide, conv, 1, s.cids[0], s.texts[0])
				s.stored = nil
			},
			func(v verdict) bool { return v.Phantom == 1 && v.Unanswered == 10 },
		},
		"a row carries another's cid": {
			func(s *story) { s.finish(); s.stored[5].cid = "foreign" },
			func(v verdict) bool { return v.Corrupted == 1 },
		},
		"an acknowledgement for a message that nobody sent": {
			func(s *story) { s.finish(); s.o.acked(conv, "unknown", 11) },
			func(v verdict) bool { return v.Corrupted == 1 },
		},
		"a message was never answered, though it is stored": {
			func(s *story) {
				for i, r := range s.stored {
					if i != 9 {
						s.o.acked(conv, r.cid, r.seq)
					}
					for by := range classes {
						s.o.saw(by, conv, r.seq, r.cid, r.content)
					}
				}
			},
			func(v verdict) bool { return v.Unanswered == 1 && v.Detail.StoredUnacked == 1 && v.Lost == 0 },
		},
		"a message was refused": {
			func(s *story) {
				s.stored = s.stored[:9]
				s.finish()
				s.o.refused(s.cids[9])
			},
			func(v verdict) bool { return v.Refused == 1 && v.Acked == 9 && v.Lost == 0 },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tell(t)
			c.spoil(s)
			if v := s.judge(); !c.ok(v) || v.clean() {
				t.Errorf("verdict %+v", v)
			}
		})
	}
}

func TestAMessageThatNeverLeftIsNotJudged(t *testing.T) {
	t.Parallel()
	s := tell(t)
	s.stored = s.stored[:9]
	s.finish()
	s.o.drop(s.cids[9])
	if v := s.judge(); !v.clean() || v.Sent != 9 {
		t.Errorf("verdict %+v", v)
	}
}

func TestAMovedMessageIsLookedForWhereItWasMoved(t *testing.T) {
	t.Parallel()
	o := newOracle("run")
	o.expect("old", visitorSide)
	text := o.sent("old", "cid", "v0", "hello", time.Now())
	o.acked("new", "cid", 1)
	o.saw(visitorSide, "new", 1, "cid", text)
	if v := o.judge(map[string][]storedRow{"new": {{1, "cid", text}}}); !v.clean() {
		t.Errorf("verdict %+v", v)
	}
	if v := o.judge(map[string][]storedRow{"old": {{1, "cid", text}}}); v.Lost != 1 {
		t.Errorf("in the wrong place: verdict %+v", v)
	}
}

func TestRowsOfOthersAreNotMistakenForOurs(t *testing.T) {
	t.Parallel()
	o := newOracle("run")
	for _, text := range []string{"", "[dl:", "hello [dl:other:0]", "hello [dl:run:x]", "hello [dl:run:7]", "hello [dl:run:-1]", "[dl:run:0] hello"} {
		if n, ok := o.mark(text); ok && n != 7 {
			t.Errorf("%q passes for number %d", text, n)
		}
		if _, _, first := o.saw(visitorSide, conv, 1, "x", text); first {
			t.Errorf("%q passes for one of our messages", text)
		}
	}
}

func TestAQuestionIsKnownByItsCID(t *testing.T) {
	t.Parallel()
	o := newOracle("run")
	o.expect(conv, visitorSide)
	o.asked(conv, "cid", "v0", time.Now())
	o.acked(conv, "cid", 1)
	o.saw(visitorSide, conv, 1, "cid", "how do I return this?")
	rows := []storedRow{{1, "cid", "how do I return this?"}, {2, "bot", "like this"}}
	if v := o.judge(map[string][]storedRow{conv: rows}); !v.clean() || v.Stored != 1 {
		t.Errorf("verdict %+v", v)
	}
	rows = append(rows, storedRow{3, "cid", "how do I return this?"})
	if v := o.judge(map[string][]storedRow{conv: rows}); v.Duplicated != 1 {
		t.Errorf("stored twice: verdict %+v", v)
	}
}

package web_test

import (
	"fmt"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
	"frontdesk/web/frame"
)

// catchUp waits until a conversation is live.
func (w *wire) catchUp(conv string, after uint32) {
	w.t.Helper()
	w.resume(conv, after)
	w.waitFor("resumed", func(f *frame.ServerFrame) bool { return f.GetResumed().GetConv() == conv })
}

func TestAConversationThatComesBackToADepartmentIsHeardThereAgain(t *testing.T) {
	t.Parallel()
	h := open(t)
	second, err := h.accounts.EnsureDepartment(t.Context(), 1, "Second")
	if err != nil {
		t.Fatal(err)
	}
	teams := make(map[int32]string)
	for _, department := range []int32{1, second.ID} {
		if teams[department], err = h.accounts.EnsureTeam(t.Context(), identity.Team{Site: 1, Department: department, Name: fmt.Sprint("team of ", department)}); err != nil {
			t.Fatal(err)
		}
	}
	v := h.visitor()
	v.send(newID(), "hello").status(200)
	agent := h.signIn(h.user("alice", identity.RoleAgent, func(u *identity.User) { u.Departments = []int32{1} })).agentWire()
	agent.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Resume{Resume: &frame.Resume{Inbox: true}}})
	agent.waitFor("the inbox", func(f *frame.ServerFrame) bool { return f.GetResumed().GetInbox() })
	agent.catchUp(v.conv, 0)
	transfer := func(department int32) {
		t.Helper()
		if _, err := h.chat.Transfer(t.Context(), identity.System(), v.conv, chat.To{Team: teams[department]}, ""); err != nil {
			t.Fatal(err)
		}
	}
	transfer(second.ID)
	v.send(newID(), "not hers to read").status(200)
	transfer(1)
	v.send(newID(), "hers again").status(200)
	seen := map[uint32]int{}
	agent.waitFor("what is said after it came back", func(f *frame.ServerFrame) bool {
		if e := f.GetEvent(); e != nil {
			seen[e.GetSeq()]++
		}
		return f.GetEvent().GetContent() == "hers again"
	})
	if seen[2] != 1 || seen[3] != 0 || seen[4] != 1 || seen[5] != 1 {
		t.Errorf("shown: %v; the transfers are 2 and 4, of the other department is 3", seen)
	}
	agent.catchUp(v.conv, 5) // and it can be followed anew
	v.send(newID(), "once").status(200)
	if e := agent.event(); e.GetSeq() != 6 {
		t.Errorf("the followed conversation shows %v", e)
	}
}

// The sign-in is another node's, and this one hears of it by what it reads, or only by what comes after.
func TestATabOfAnOldTokenEndsHoweverItsNodeLearnsOfTheSignIn(t *testing.T) {
	t.Parallel()
	for name, learn := range map[string]func(h *house, v *browser, next chat.Identified){
		"by the reconciling read": func(h *house, _ *browser, _ chat.Identified) { h.chat.Hub().Missed(time.Minute) },
		"by a later row": func(h *house, v *browser, next chat.Identified) {
			token, _, err := h.visitors.IssueIdentified(1, next.Contact.ID)
			if err != nil {
				h.t.Error(err)
				return
			}
			other := v.again()
			other.bearer = token
			other.send(newID(), "under the new token").status(200)
		},
		"by a read that finds nothing": func(h *house, v *browser, _ chat.Identified) {
			// A row of before the sign-in, as a bus brings it that lost one: the hole cannot be read any more.
			h.chat.Hub().PublishRemote(&chat.Row{Conversation: v.conv, Seq: 40, Site: 1, Department: 1, Contact: v.contact, Kind: chat.KindMessage})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			v := h.visitor()
			v.send(newID(), "hello").status(200)
			tab, _ := v.visitorWire()
			tab.catchUp(v.conv, 0)
			elsewhere, err := chat.NewContacts(postgres.NewContacts(h.pool), func(...*chat.Row) {}, nil, h.now)
			if err != nil {
				t.Fatal(err)
			}
			next, err := elsewhere.Identify(t.Context(), chat.IdentifyRequest{Site: 1, Contact: v.contact, Proof: identity.Proof{External: "42"}})
			if err != nil || next.Moved != 1 {
				t.Fatalf("%+v, %v", next, err)
			}
			learn(h, v, next)
			tab.waitFor("unauthenticated", func(f *frame.ServerFrame) bool { return f.GetError().GetCode() == "unauthenticated" })
			tab.ends(4401)
		})
	}
}

func TestAnOldTokenIsUnauthenticatedWhateverItIsUsedFor(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.visitor()
	v.send(newID(), "hello").status(200)
	old := *v
	w, _ := v.visitorWire() // follows nothing: nothing ends it
	v.identifyAs(h.proof(h.secret(1), "42", nil)).status(200)
	conv := `"conversation":` + quote(old.conv)
	for path, body := range map[string]string{
		"/api/visitor/send-message":   `{` + conv + `,"cid":"` + newID() + `","content":"x"}`,
		"/api/visitor/delete-message": `{` + conv + `,"cid":"` + newID() + `","seq":1}`,
		"/api/visitor/email":          `{` + conv + `,"email":"li@example.com"}`,
		"/api/visitor/read":           `{` + conv + `,"read":1}`,
		"/api/visitor/feedback":       `{` + conv + `,"cid":"` + newID() + `","seq":1,"helpful":true}`,
		"/api/visitor/request-human":  `{` + conv + `}`,
	} {
		h.advance(time.Minute) // for the limits
		old.post(path, body).problem(401, "token_invalid")
	}
	old.get("/api/visitor/messages?conversation="+old.conv).problem(401, "token_invalid")
	w.resume(old.conv, 0)
	w.fails("unauthenticated")
	w.ends(4401)
	stranger := h.visitor()
	stranger.post("/api/visitor/email", `{`+conv+`,"email":"li@example.com"}`).problem(404, "not_found")
}

func TestAHellosResumesCountAsFramesOfTheirOwn(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.freeze()
	v := h.visitor()
	w := v.dial("/ws/visitor")
	hello := &frame.ClientHello{Token: v.bearer, Resume: []*frame.Resume{{Conv: v.conv}}}
	const n = 500
	for range n {
		hello.Resume = append(hello.Resume, &frame.Resume{Conv: newID()})
	}
	w.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Hello{Hello: hello}})
	w.hello()
	codes := map[string]int{}
	for range n + 1 {
		f := w.next()
		switch {
		case f.GetResumed() != nil:
			codes["resumed"]++
		case f.GetError() != nil:
			codes[f.GetError().GetCode()]++
		}
	}
	if codes["resumed"] != 1 || codes["not_found"] != 19 || codes["overloaded"] != n-19 {
		t.Errorf("a hello with %d resumes: %v", n+1, codes)
	}
	h.advance(time.Minute)
	w.catchUp(v.conv, 0) // the socket goes on
}

package web_test

import (
	"testing"

	"frontdesk/internal/identity"
	"frontdesk/web/frame"
)

func TestAnErasureTakesTheConversationOffOpenPages(t *testing.T) {
	t.Parallel()
	h := open(t)
	admin := h.signIn(h.user("boss", identity.RoleAdmin))
	v := h.visitor()
	v.send(newID(), "forget me please").status(200)
	reader := h.signIn(h.user("mei", identity.RoleAgent)).agentWire() // has it open
	reader.catchUp(v.conv, 0)
	lister := h.signIn(h.user("alice", identity.RoleAgent)).agentWire() // has it in the list
	lister.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Resume{Resume: &frame.Resume{Inbox: true}}})
	lister.waitFor("the inbox", func(f *frame.ServerFrame) bool { return f.GetResumed().GetInbox() })
	tab, _ := v.visitorWire()
	tab.catchUp(v.conv, 0)
	admin.post("/api/admin/erasures", `{"contact":"`+v.contact+`","confirm":"`+v.contact+`"}`).status(200).has(`"done":true`)
	for _, page := range []*wire{reader, lister, tab} {
		page.waitFor("that it is gone", func(f *frame.ServerFrame) bool {
			return f.GetGone().GetConv() == v.conv && f.GetGone().GetReason() == "erased"
		})
	}
	tab.fails("unauthenticated") // and who it was has no session any more
	reader.resume(v.conv, 0)
	reader.fails("not_found")
}

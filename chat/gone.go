package chat

// Why a conversation is no more.
const (
	GoneErased  = "erased"  // the person was forgotten
	GoneExpired = "expired" // a policy let it go
)

// Gone names a conversation that was deleted with all its rows, and who could see it.
type Gone struct {
	Conversation string
	To           Audience
}

// GoneSignal says that a conversation was deleted: who shows it drops it. It may
// be lost as every signal; the comparison with the database ([Service.Run]) and a
// resume that finds nothing say the same later, without the reason.
type GoneSignal struct {
	Conversation string
	Reason       string // GoneErased, GoneExpired; empty: not known
}

// Gone shows that conversations were deleted, after the commit: to those who
// follow them, here and on the other nodes, and to inboxes.
func (s *Service) Gone(reason string, list ...Gone) {
	for _, g := range list {
		s.Signal(&Signal{To: g.To, Gone: &GoneSignal{Conversation: g.Conversation, Reason: reason}})
	}
}

// vanished tells this node's followers that a watched conversation is not in the
// database any more.
func (h *Hub) vanished(conv string) {
	sh := h.shard(conv)
	sh.mu.Lock()
	t := sh.topics[conv]
	if t == nil || !t.known {
		sh.mu.Unlock()
		return
	}
	to := Audience{Site: t.site, Department: t.dept, Contact: t.contact}
	sh.mu.Unlock()
	h.PublishRemoteSignal(&Signal{To: to, Gone: &GoneSignal{Conversation: conv}})
}

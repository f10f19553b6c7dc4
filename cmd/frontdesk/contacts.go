package main

import (
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"frontdesk/chat"
	"frontdesk/internal/auth"
	"frontdesk/internal/postgres"
	"frontdesk/web"
)

// The pins of contacts.
var (
	_ chat.ContactStore = (*postgres.Contacts)(nil)
	_ chat.BlockStore   = (*postgres.Contacts)(nil)
	_ auth.ProofStore   = (*postgres.Accounts)(nil)
	_ web.Contacts      = (*chat.Contacts)(nil)
	_ web.Blocklist     = (*chat.Blocklist)(nil)
	_ web.Proofs        = (*auth.Proofs)(nil)
)

// contacting is what knows who the visitors are, and who may not write.
type contacting struct {
	contacts *chat.Contacts
	blocks   *chat.Blocklist
	watch    *chat.SpamWatch
	proofs   *auth.Proofs
}

func newContacting(s *stack, service *chat.Service, fault func(point string) error, reg prometheus.Registerer, logger *slog.Logger) (*contacting, error) {
	store := postgres.NewContacts(s.pool)
	contacts, err := chat.NewContacts(store, service.Announce, logger, time.Now)
	if err != nil {
		return nil, err
	}
	blocks, err := chat.NewBlocklist(store, logger, time.Now)
	if err != nil {
		return nil, err
	}
	watch, err := chat.NewSpamWatch(store, logger)
	if err != nil {
		return nil, err
	}
	service.Hub().WatchAll(watch)
	proofs, err := auth.NewProofs(s.accounts, time.Now)
	if err != nil {
		return nil, err
	}
	reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "frontdesk_chat_spam_unscored_total", Help: "Visitors' messages that were not scored, since a node scores so many a second.",
	}, func() float64 { return float64(watch.Dropped()) }))
	return &contacting{contacts: contacts.WithFault(fault), blocks: blocks, watch: watch, proofs: proofs}, nil
}

// into gives the server what it needs of it.
func (c *contacting) into(cfg web.Config, limits WebConfig) web.Config {
	cfg.Contacts, cfg.Blocks, cfg.Proofs = c.contacts, c.blocks, c.proofs
	cfg.MessagesPerMinute, cfg.AddressMessagesPerMinute = limits.MessagesPerMinute, limits.AddressMessagesPerMinute
	return cfg
}

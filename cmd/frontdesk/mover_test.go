package main

import (
	"log/slog"
	"testing"

	"golang.org/x/sync/errgroup"

	"frontdesk/internal/postgres"
	"frontdesk/internal/postgres/pgtest"
	"frontdesk/kb"
	"frontdesk/kb/kbtest"
	"frontdesk/models"
)

func TestManyNodesThatStartOnANewDatabaseAtOnceAllSettle(t *testing.T) {
	t.Parallel()
	encoder := fakeBundle("encoder").Manifest
	embedder := &kbtest.Embedder{Fingerprint: encoder.Fingerprint}
	pool := openPool(t, pgtest.New(t))
	store := postgres.NewModels(pool)
	knowledge, err := kb.NewService(kb.Config{Store: postgres.NewKnowledge(pool), Embedder: embedder})
	if err != nil {
		t.Fatal(err)
	}
	var nodes errgroup.Group
	for range 16 {
		m := newMover(store, knowledge, slog.New(slog.DiscardHandler))
		nodes.Go(func() error { return m.settle(t.Context(), encoder, embedder) })
	}
	if err := nodes.Wait(); err != nil {
		t.Error(err)
	}
	if uses, err := store.Uses(t.Context()); err != nil || uses[models.TaskEmbed].Fingerprint != encoder.Fingerprint {
		t.Errorf("in use %v, %v", uses[models.TaskEmbed], err)
	}
}

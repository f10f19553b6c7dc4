package bot_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/bot"
	"frontdesk/chat"
)

// louder rewords in capitals, but only what is an answer.
type louder struct{ asked []bot.Action }

// Reword implements bot.Rewriter.
func (l *louder) Reword(_ context.Context, _ int32, _ bot.Question, d *bot.Decision) {
	l.asked = append(l.asked, d.Action)
	source := *d.Source
	source.Reworded = true
	d.Text, d.Source, d.Trace.Generated = strings.ToUpper(d.Text), &source, "used"
}

// hung is a generator that answers when its caller gives up.
type hung struct{}

// Complete implements bot.Generator.
func (hung) Complete(ctx context.Context, _, _ string, _ int) (string, error) {
	<-ctx.Done()
	return "", ctx.Err()
}

// noVectors is never asked.
type noVectors struct{}

func (noVectors) EmbedPassages(context.Context, []string) ([][]float32, string, error) {
	return nil, "", errors.New("not asked")
}

func TestAGeneratorThatHangsCostsTheWordingNotTheAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newShop(t), newDesk()
		s.stock()
		d.open("en")
		r, err := bot.NewReworder(bot.ReworderConfig{Generator: hung{}, Vectors: noVectors{}, Enabled: func(context.Context, int32) (bool, error) { return true, nil }})
		if err != nil {
			t.Fatal(err)
		}
		turns, err := bot.NewTurns(bot.TurnsConfig{Decider: s, Chat: d, Rewriter: r, Workers: 1, Timeout: 3 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		d.sink = turns
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- turns.Run(ctx) }()
		d.say("how do I get a refund", "")
		<-time.After(10 * time.Second)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		rows := d.bots()
		if len(rows) != 1 || rows[0].Content != "Refunds take **three** days." || rows[0].Data.Source.Reworded {
			t.Fatalf("%+v", rows)
		}
		if told, err := bot.ReadPacket(rows[0].Data.Extra); err != nil || !strings.HasPrefix(told.Generated, "refused") {
			t.Errorf("trace %q, %v", told.Generated, err)
		}
	})
}

func TestOnlyAnswersAreRewordedAndTheRowSaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d, l := newShop(t), newDesk(), &louder{}
		s.stock()
		d.open("en")
		turns, err := bot.NewTurns(bot.TurnsConfig{Decider: s, Chat: d, Rewriter: l, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		d.sink = turns
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- turns.Run(ctx) }()
		d.say("how do I get a refund", "")
		synctest.Wait()
		d.say("I want to talk to a human", "")
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		rows := d.bots()
		if len(rows) != 2 || rows[0].Content != "REFUNDS TAKE **THREE** DAYS." || !rows[0].Data.Source.Reworded || rows[0].Data.Source.Article != "refund" {
			t.Fatalf("%+v", rows)
		}
		if !slices.Equal(l.asked, []bot.Action{bot.ActionAnswer}) {
			t.Errorf("asked to reword %v", l.asked)
		}
		told, err := bot.ReadPacket(rows[0].Data.Extra)
		if err != nil || told.Generated != "used" {
			t.Errorf("trace %q, %v", told.Generated, err)
		}
		// The hand-over tells what was asked, in the visitor's words, and what was said, by its title.
		packet, err := bot.ReadPacket(rows[1].Data.Extra)
		if err != nil || !slices.Contains(packet.Summary, "how do I get a refund") || packet.Language != "en" ||
			len(packet.Tried) != 1 || packet.Tried[0].Article != "refund" || packet.Tried[0].Title == "" || packet.Tried[0].Outcome != chat.TriedAnswered {
			t.Errorf("packet %+v, %v", packet, err)
		}
	})
}

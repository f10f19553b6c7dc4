package main

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"frontdesk/bot"
	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
)

// BenchmarkModelsRSS is bot.models_rss_mb: by how much the process grows by the
// bundled encoder, pair model, their tokenizers and the signals, loaded, proven
// and used (Linux only). It stands first: what a former benchmark has loaded would
// not count any more.
func BenchmarkModelsRSS(b *testing.B) {
	grown := 0.0
	for b.Loop() {
		before := residentMB(b)
		engine := benchModels(b)
		sees, err := newSignals()
		if err != nil {
			b.Fatal(err)
		}
		for _, question := range demoQuestions(b) {
			sees.Read(question)
			if _, _, err := engine.EmbedQuestion(b.Context(), question); err != nil {
				b.Fatal(err)
			}
			if _, _, err := (pairScorer{engine}).ScorePairs(b.Context(), question, slices.Repeat([]string{question}, 15)); err != nil {
				b.Fatal(err)
			}
		}
		grown = max(grown, residentMB(b)-before)
		_ = sees
	}
	fmt.Fprintf(os.Stdout, "\nbench bot.models_rss_mb %.0f MB\n", grown)
}

// residentMB is what the process holds, garbage given back.
func residentMB(b *testing.B) float64 {
	b.Helper()
	debug.FreeOSMemory()
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Fatal(err)
	}
	var size, resident float64
	if _, err := fmt.Sscan(string(raw), &size, &resident); err != nil {
		b.Fatal(err)
	}
	return resident * float64(os.Getpagesize()) / (1 << 20)
}

// BenchmarkAnswer is bot.answer_p50_ms and bot.answer_p99_ms: from a visitor's
// call that sends a question to the bot's row on the hub, both stored durably:
// turn gate, signals, rewriting, encoder, the search's statement, fusion, head, pair
// model, decision. 9,560 texts (the demo's articles four times over), questions of
// docs/eval/demo-questions.tsv, each visitor's first message; no cache. One
// visitor at a time, then 16 at once (bot.answers_per_s). PostgreSQL and its
// fsync run on the same cores. Before it the median share of each stage is printed.
func BenchmarkAnswer(b *testing.B) {
	pool := benchDatabase(b)
	knowledge := benchKnowledge(b, pool, 4)
	responder, err := newResponder(Config{}, knowledge, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	hub, stages := chat.NewHub(), &stages{Responder: responder, took: map[string][]time.Duration{}}
	service, err := chat.NewService(b.Context(), chat.Config{Store: postgres.NewChat(pool), Hub: hub, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	turns, err := bot.NewTurns(bot.TurnsConfig{Decider: stages, Chat: service})
	if err != nil {
		b.Fatal(err)
	}
	room := &room{waiting: map[string]chan struct{}{}}
	hub.WatchAll(turns)
	hub.WatchAll(room)
	ctx, stop := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = service.Run(ctx) })
	running.Go(func() { _ = turns.Run(ctx) })
	b.Cleanup(func() { stop(); running.Wait() })
	questions := demoQuestions(b)
	var asked atomic.Int64
	answer := func() (took time.Duration) {
		contact, conversation, err := service.StartVisitor(b.Context(), chat.StartRequest{Site: "default", Locale: "en"})
		if err != nil {
			b.Error(err)
			return 0
		}
		visitor := identity.Actor{
			Kind: identity.KindVisitor, Role: identity.RoleVisitor, ID: contact.ID,
			Scope: identity.Scope{Sites: []int32{contact.Site}, AllDepartments: true, Contact: contact.ID},
		}
		answered := room.expect(conversation.ID)
		question := questions[int(asked.Add(1))%len(questions)]
		began := time.Now()
		if _, _, err := service.Send(b.Context(), visitor, chat.Send{Conversation: conversation.ID, CID: chat.NewID(began), Content: question}); err != nil {
			b.Error(err)
			return 0
		}
		<-answered
		return time.Since(began)
	}
	for range 50 {
		answer() // plans, caches and sessions as on a server that has been up for a while
	}
	b.Run("visitors=1", func(b *testing.B) {
		stages.reset()
		var took []time.Duration
		for b.Loop() {
			took = append(took, answer())
		}
		slices.Sort(took)
		ms := func(p float64) float64 { return took[int(p*float64(len(took)-1))].Seconds() * 1000 }
		fmt.Fprintf(os.Stdout, "\n%sbench bot.answer_p50_ms %.2f ms\nbench bot.answer_p99_ms %.2f ms\n", stages.lines(), ms(0.5), ms(0.99))
	})
	b.Run("visitors=16", func(b *testing.B) {
		var visitors sync.WaitGroup
		answers := 0
		for b.Loop() {
			for range 16 {
				visitors.Go(func() {
					for range 8 {
						answer()
					}
				})
			}
			visitors.Wait()
			answers += 16 * 8
		}
		fmt.Fprintf(os.Stdout, "\nbench bot.answers_per_s %.0f 1/s\n", float64(answers)/b.Elapsed().Seconds())
	})
}

// stages is the responder, and what each of its steps took.
type stages struct {
	*bot.Responder
	mu   sync.Mutex // guards took
	took map[string][]time.Duration
}

func (s *stages) Decide(ctx context.Context, q bot.Question) (bot.Decision, error) {
	d, err := s.Responder.Decide(ctx, q)
	s.mu.Lock()
	defer s.mu.Unlock()
	for stage, t := range map[string]time.Duration{
		"embed": d.Trace.EmbedTime, "search": d.Trace.SearchTime, "head": d.Trace.HeadTime, "fuse": d.Trace.FuseTime,
		"pair": d.Trace.PairTime, "decide": d.Trace.Total,
	} {
		s.took[stage] = append(s.took[stage], t)
	}
	return d, err
}

func (s *stages) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took = map[string][]time.Duration{}
}

// lines gives the medians.
func (s *stages) lines() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out strings.Builder
	for _, stage := range []string{"embed", "search", "head", "fuse", "pair", "decide"} {
		slices.Sort(s.took[stage])
		fmt.Fprintf(&out, "bench bot.%s_p50_ms %.2f ms\n", stage, s.took[stage][len(s.took[stage])/2].Seconds()*1000)
	}
	return out.String()
}

// room hears when the bot has spoken.
type room struct {
	mu      sync.Mutex // guards waiting
	waiting map[string]chan struct{}
}

func (r *room) expect(conversation string) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	answered := make(chan struct{})
	r.waiting[conversation] = answered
	return answered
}

// Deliver implements chat.Sink.
func (r *room) Deliver(u *chat.Update) {
	if u.Row == nil || u.Row.Author.Kind != chat.AuthorBot {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if answered := r.waiting[u.Row.Conversation]; answered != nil {
		close(answered)
		delete(r.waiting, u.Row.Conversation)
	}
}

func demoQuestions(b *testing.B) []string {
	b.Helper()
	f, err := os.Open("../../docs/eval/demo-questions.tsv")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var out []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if _, question, ok := strings.Cut(lines.Text(), "\t"); ok && !strings.HasPrefix(lines.Text(), "#") {
			out = append(out, question)
		}
	}
	if len(out) < 50 {
		b.Fatalf("%d questions", len(out))
	}
	return out
}

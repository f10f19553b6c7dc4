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

	"github.com/jackc/pgx/v5/pgxpool"

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
// model, decision. 9,560 texts (the demo's articles four times over, each copy told
// apart by a word of its own), questions of docs/eval/demo-questions.tsv, each
// visitor's first message; no cache. One visitor at a time, then 16 at once
// (bot.answers_per_s). PostgreSQL and its fsync run on the same cores. Before it the
// median share of each stage is printed.
func BenchmarkAnswer(b *testing.B) {
	desk := newAnsweringDesk(b, 4, nil)
	b.Run("visitors=1", func(b *testing.B) {
		desk.stages.reset()
		took := desk.alone(b)
		fmt.Fprintf(os.Stdout, "\n%sbench bot.answer_p50_ms %.2f ms\nbench bot.answer_p99_ms %.2f ms\n", desk.stages.lines(), quantile(took, 0.5), quantile(took, 0.99))
	})
	b.Run("visitors=16", func(b *testing.B) {
		rate, server, database := desk.sixteen(b)
		fmt.Fprintf(os.Stdout, "\nbench bot.answers_per_s %.0f 1/s\nbench bot.answer_cpu_server_ms %.2f ms\nbench bot.answer_cpu_database_ms %.2f ms\n", rate, server, database)
	})
}

// BenchmarkAnswer100k is bot.answer_100k_p99_ms: as BenchmarkAnswer of 100,380 texts
// (42 copies), one visitor at a time.
func BenchmarkAnswer100k(b *testing.B) {
	desk := newAnsweringDesk(b, 42, nil)
	b.Run("visitors=1", func(b *testing.B) {
		desk.stages.reset()
		took := desk.alone(b)
		fmt.Fprintf(os.Stdout, "\n%sbench bot.answer_100k_p50_ms %.2f ms\nbench bot.answer_100k_p99_ms %.2f ms\n",
			strings.ReplaceAll(desk.stages.lines(), "_p50_ms", "_100k_p50_ms"), quantile(took, 0.5), quantile(took, 0.99))
	})
}

// BenchmarkAnswerCached is bot.cache_hit_p99_ms: the decision of a question that was
// decided before, its reading of the epoch and of the article's text included. Beside
// it the whole answer as in BenchmarkAnswer, and 16 visitors at once, with everything
// decided before.
func BenchmarkAnswerCached(b *testing.B) {
	pool := benchDatabase(b)
	cache, err := bot.NewCache(bot.CacheConfig{Moments: postgres.NewKnowledge(pool)})
	if err != nil {
		b.Fatal(err)
	}
	desk := newAnsweringDeskOn(b, pool, 4, cache)
	b.Run("visitors=1", func(b *testing.B) {
		for range desk.questions {
			desk.answer(b, desk.visitor(b))
		}
		desk.stages.reset()
		took := desk.alone(b)
		hits := desk.stages.hits()
		fmt.Fprintf(os.Stdout, "\nbench bot.cache_hit_p50_ms %.2f ms\nbench bot.cache_hit_p99_ms %.2f ms\nbench bot.cache_hit_share %.2f of answers\nbench bot.cached_answer_p50_ms %.2f ms\nbench bot.cached_answer_p99_ms %.2f ms\n",
			quantile(hits, 0.5), quantile(hits, 0.99), float64(len(hits))/float64(len(took)), quantile(took, 0.5), quantile(took, 0.99))
	})
	b.Run("visitors=16", func(b *testing.B) {
		rate, server, database := desk.sixteen(b)
		fmt.Fprintf(os.Stdout, "\nbench bot.cached_answers_per_s %.0f 1/s\nbench bot.cached_answer_cpu_server_ms %.2f ms\nbench bot.cached_answer_cpu_database_ms %.2f ms\n", rate, server, database)
	})
}

func quantile(took []time.Duration, p float64) float64 {
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return took[int(p*float64(len(took)-1))].Seconds() * 1000
}

// answeringDesk is a bot that answers over a store of its own.
type answeringDesk struct {
	pool      *pgxpool.Pool
	service   *chat.Service
	stages    *stages
	room      *room
	questions []string
	asked     atomic.Int64
}

func newAnsweringDesk(b *testing.B, copies int, cache *bot.Cache) *answeringDesk {
	b.Helper()
	return newAnsweringDeskOn(b, benchDatabase(b), copies, cache)
}

func newAnsweringDeskOn(b *testing.B, pool *pgxpool.Pool, copies int, cache *bot.Cache) *answeringDesk {
	b.Helper()
	responder, err := newResponder(Config{}, benchKnowledge(b, pool, copies), nil, cache)
	if err != nil {
		b.Fatal(err)
	}
	d := &answeringDesk{
		pool: pool, stages: &stages{Responder: responder, took: map[string][]time.Duration{}}, room: &room{waiting: map[string]chan struct{}{}}, questions: demoQuestions(b),
	}
	hub := chat.NewHub()
	if d.service, err = chat.NewService(b.Context(), chat.Config{Store: postgres.NewChat(pool), Hub: hub, Logger: slog.New(slog.DiscardHandler)}); err != nil {
		b.Fatal(err)
	}
	turns, err := bot.NewTurns(bot.TurnsConfig{Decider: d.stages, Chat: d.service})
	if err != nil {
		b.Fatal(err)
	}
	hub.WatchAll(turns)
	hub.WatchAll(d.room)
	ctx, stop := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = d.service.Run(ctx) })
	running.Go(func() { _ = turns.Run(ctx) })
	b.Cleanup(func() { stop(); running.Wait() })
	for range 100 {
		d.answer(b, d.visitor(b)) // plans, caches and sessions as on a server that has been up for a while
	}
	return d
}

// visitor is somebody new with a conversation.
type visitor struct {
	identity.Actor
	conversation string
}

func (d *answeringDesk) visitor(b *testing.B) visitor {
	b.Helper()
	contact, conversation, err := d.service.StartVisitor(b.Context(), chat.StartRequest{Site: "default", Locale: "en"})
	if err != nil {
		b.Error(err)
	}
	return visitor{identity.Actor{
		Kind: identity.KindVisitor, Role: identity.RoleVisitor, ID: contact.ID,
		Scope: identity.Scope{Sites: []int32{contact.Site}, AllDepartments: true, Contact: contact.ID},
	}, conversation.ID}
}

// answer has a visitor ask the next question and returns when the bot has spoken.
func (d *answeringDesk) answer(b *testing.B, v visitor) (took time.Duration) {
	b.Helper()
	answered := d.room.expect(v.conversation)
	question := d.questions[int(d.asked.Add(1))%len(d.questions)]
	began := time.Now()
	if _, _, err := d.service.Send(b.Context(), v.Actor, chat.Send{Conversation: v.conversation, CID: chat.NewID(began), Content: question}); err != nil {
		b.Error(err)
		return 0
	}
	<-answered
	return time.Since(began)
}

func (d *answeringDesk) alone(b *testing.B) []time.Duration {
	b.Helper()
	var took []time.Duration
	for b.Loop() {
		took = append(took, d.answer(b, d.visitor(b)))
	}
	return took
}

// sixteen returns how many answers a second 16 visitors get, who each ask when they
// have the last, and what processor time an answer takes here and in the database
// (in ms): on a busy machine that tells more.
func (d *answeringDesk) sixteen(b *testing.B) (rate, server, database float64) {
	b.Helper()
	const each = 8 // questions of a visitor, in a conversation each, started before the clock
	var took time.Duration
	answers := 0
	for b.Loop() {
		var visitors sync.WaitGroup
		asking := make([]visitor, 16*each)
		for i := range asking {
			asking[i] = d.visitor(b)
		}
		ownBefore, theirsBefore := d.processorSeconds(b)
		began := time.Now()
		for mine := range slices.Chunk(asking, each) {
			visitors.Go(func() {
				for _, v := range mine {
					d.answer(b, v)
				}
			})
		}
		visitors.Wait()
		took += time.Since(began)
		own, theirs := d.processorSeconds(b)
		server, database = server+own-ownBefore, database+theirs-theirsBefore
		answers += len(asking)
	}
	n := float64(answers)
	return n / took.Seconds(), 1000 * server / n, 1000 * database / n
}

// processorSeconds is what this process and the database's have used so far (Linux only).
func (d *answeringDesk) processorSeconds(b *testing.B) (own, database float64) {
	b.Helper()
	var cluster string
	if err := d.pool.QueryRow(b.Context(), "SHOW cluster_name").Scan(&cluster); err != nil {
		b.Fatal(err)
	}
	used := func(pid string) float64 {
		raw, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil {
			return 0
		}
		fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
		var user, system float64
		_, _ = fmt.Sscan(fields[11]+" "+fields[12], &user, &system)
		return (user + system) / 100
	}
	processes, err := os.ReadDir("/proc")
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range processes {
		if line, err := os.ReadFile("/proc/" + p.Name() + "/cmdline"); err == nil && strings.HasPrefix(string(line), "postgres: "+cluster) {
			database += used(p.Name())
		}
	}
	return used("self"), database
}

// stages is the responder, and what each of its steps took.
type stages struct {
	*bot.Responder
	mu   sync.Mutex // guards both below
	took map[string][]time.Duration
	hit  []time.Duration // whole decisions that were kept
}

func (s *stages) Decide(ctx context.Context, q bot.Question) (bot.Decision, error) {
	began := time.Now()
	d, err := s.Responder.Decide(ctx, q)
	whole := time.Since(began)
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.Cached {
		s.hit = append(s.hit, whole)
	}
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
	s.took, s.hit = map[string][]time.Duration{}, nil
}

// hits returns what decisions took that were kept.
func (s *stages) hits() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.hit)
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

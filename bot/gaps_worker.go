package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/text"
	"frontdesk/kb"
)

// GapStore is what the worker needs of the database.
type GapStore interface {
	GapLog
	GapPlacing
	GapFollowing
}

// GapEmbedder turns questions into vectors, in the bulk lane; *inference.Engine is one.
type GapEmbedder interface {
	// EmbedPassages returns one vector each, in order, and the fingerprint of the model.
	EmbedPassages(ctx context.Context, texts []string) (vectors [][]float32, fingerprint string, err error)
}

// GapWorkerConfig is what a [GapWorker] needs. Store, Embedder and Decider are required.
type GapWorkerConfig struct {
	Store    GapStore
	Embedder GapEmbedder
	// Decider is the production path: it says whether the knowledge base answers a gap's questions by now.
	Decider Decider
	// Every is how often news are looked for. Defaults to 3 s.
	Every  time.Duration
	Clock  func() time.Time // Defaults to time.Now.
	Logger *slog.Logger     // Defaults to one that discards.
}

// GapWorker gathers what the bot could not answer. Of several nodes one does at a
// time, by a lease; everything is stored step by step, so that whoever takes over
// after a crash goes on where the log was read to, and nothing is counted twice.
// What people say on the board it never undoes: a sample that has its gap keeps it.
type GapWorker struct {
	store    GapStore
	embedder GapEmbedder
	decider  Decider
	every    time.Duration
	clock    func() time.Time
	log      *slog.Logger
	holder   string
	gather   gatherer
}

// Bounds of one round. What is beyond them waits for the next.
const (
	gapLease      = 30 * time.Second
	gapRound      = 20 * time.Second // within the lease
	gapNewsLimit  = 2000
	gapPlaceLimit = 128
	gapAgedLimit  = 512
	gapCheckGaps  = 4
	gapCheckAsks  = 5
	gapSettle     = 64
	gapFollowed   = 30 * 24 * time.Hour // how long a conversation is looked at
	gapMemory     = 2 * GapPatience     // how long samples are kept
	gapRows       = 500                 // of a conversation that are looked at
	gapRowsBefore = 60                  // of those, before the sample
	gapTendEvery  = time.Minute
)

// NewGapWorker checks cfg and returns a worker that waits for Run.
func NewGapWorker(cfg GapWorkerConfig) (*GapWorker, error) {
	if cfg.Store == nil || cfg.Embedder == nil || cfg.Decider == nil {
		return nil, errors.New("bot: GapWorkerConfig.Store, GapWorkerConfig.Embedder and GapWorkerConfig.Decider are required")
	}
	if cfg.Every < 0 {
		return nil, errors.New("bot: GapWorkerConfig.Every must not be negative")
	}
	w := &GapWorker{
		store: cfg.Store, embedder: cfg.Embedder, decider: cfg.Decider, every: or(cfg.Every, 3*time.Second), clock: cfg.Clock, log: cfg.Logger,
		gather: gatherer{twins: kb.NewTwins()},
	}
	if w.clock == nil {
		w.clock = time.Now
	}
	if w.log == nil {
		w.log = slog.New(slog.DiscardHandler)
	}
	w.holder = chat.NewID(w.clock())
	return w, nil
}

// Run gathers until ctx ends.
func (w *GapWorker) Run(ctx context.Context) error {
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	var tended time.Time
	for {
		began := w.clock()
		tend := began.Sub(tended) >= gapTendEvery
		switch err := w.round(ctx, tend); {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrGapLease):
		case err != nil:
			w.log.WarnContext(ctx, "cannot gather gaps", "error", err)
		case tend:
			tended = began
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Once gathers once, as [GapWorker.Run] does each few seconds. [ErrGapLease] when another node is at it.
func (w *GapWorker) Once(ctx context.Context) error { return w.round(ctx, true) }

// round does what there is to do, and gives up when another node has the lease.
func (w *GapWorker) round(ctx context.Context, tend bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, gapRound, errors.New("gathering gaps took too long"))
	defer cancel()
	readTo, err := w.store.Lease(ctx, w.holder, gapLease)
	if err != nil {
		return err
	}
	if err := w.read(ctx, readTo); err != nil {
		return fmt.Errorf("read news: %w", err)
	}
	if err := w.settle(ctx); err != nil {
		return fmt.Errorf("follow conversations: %w", err)
	}
	if err := w.place(ctx); err != nil {
		return fmt.Errorf("place questions: %w", err)
	}
	if err := w.check(ctx); err != nil {
		return fmt.Errorf("put gaps to the bot: %w", err)
	}
	if !tend {
		return nil
	}
	now := w.clock().UTC()
	if err := w.store.Tend(ctx, w.holder, now.Add(-gapMemory), now.Add(-GapPatience), now); err != nil {
		return fmt.Errorf("tend the board: %w", err)
	}
	return nil
}

// read takes news from the log.
func (w *GapWorker) read(ctx context.Context, since time.Time) error {
	news, readTo, err := w.store.News(ctx, since, gapReasons(), gapNewsLimit)
	if err != nil {
		return err
	}
	var samples []GapSample
	var withdrawn []GapTurn
	for i := range news {
		if news[i].Vote && news[i].Helpful {
			withdrawn = append(withdrawn, news[i].GapTurn)
		}
		if s, ok := gapSampleOf(news[i]); ok {
			samples = append(samples, s)
		}
	}
	return w.store.Absorb(ctx, w.holder, samples, withdrawn, readTo)
}

// place gives samples without a gap one.
func (w *GapWorker) place(ctx context.Context) error {
	waiting, err := w.store.Waiting(ctx, gapPlaceLimit)
	if err != nil || len(waiting) == 0 {
		return err
	}
	vectors, model, err := w.embed(ctx, waiting)
	if err != nil {
		return err
	}
	if done, err := w.renew(ctx, model); err != nil || !done {
		return err // a vector is compared with vectors of its own model only: first the others
	}
	for i, s := range waiting {
		near, err := w.store.Near(ctx, s.GapWall, model, vectors[i], gapNeighbours)
		if err != nil {
			return err
		}
		gap, typical := w.gather.place(s.Question, near)
		if err := w.store.Place(ctx, w.holder, s, gap, typical, model, vectors[i], w.clock().UTC()); err != nil {
			return err
		}
	}
	return nil
}

// renew embeds anew what was embedded by another model; done says that nothing is left.
func (w *GapWorker) renew(ctx context.Context, model string) (done bool, err error) {
	aged, err := w.store.Aged(ctx, model, gapAgedLimit)
	if err != nil || len(aged) == 0 {
		return err == nil, err
	}
	vectors, used, err := w.embed(ctx, aged)
	if err != nil || used != model {
		return false, err
	}
	turns := make([]GapTurn, len(aged))
	for i := range aged {
		turns[i] = aged[i].GapTurn
	}
	return len(aged) < gapAgedLimit, w.store.Renew(ctx, w.holder, model, turns, vectors)
}

// embed returns unit vectors of one model.
func (w *GapWorker) embed(ctx context.Context, samples []GapSample) (vectors [][]float32, model string, err error) {
	const batch = 64
	for from := 0; from < len(samples); from += batch {
		part := samples[from:min(from+batch, len(samples))]
		texts := make([]string, len(part))
		for i, s := range part {
			texts[i] = text.Normalize(s.Question)
			if masked := kb.Masked(texts[i]); masked != "" { // another order number is no other question
				texts[i] = masked
			}
		}
		got, used, err := w.embedder.EmbedPassages(ctx, texts)
		if err != nil {
			return nil, "", fmt.Errorf("embed questions: %w", err)
		}
		if len(got) != len(part) || model != "" && used != model {
			return nil, "", errors.New("embed questions: the model was switched meanwhile")
		}
		model = used
		for _, v := range got {
			vectors = append(vectors, gapVector(v))
		}
	}
	return vectors, model, nil
}

func gapVector(v []float32) []float32 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	out := make([]float32, len(v))
	if sum == 0 || math.IsNaN(sum) || math.IsInf(sum, 0) {
		return out
	}
	for i, x := range v {
		out[i] = float32(float64(x) / math.Sqrt(sum))
	}
	return out
}

// settle looks at what became of samples.
func (w *GapWorker) settle(ctx context.Context) error {
	now := w.clock().UTC()
	pending, err := w.store.Unsettled(ctx, now, gapSettle)
	if err != nil {
		return err
	}
	for _, p := range pending {
		rows, err := w.store.RowsAfter(ctx, p.Conversation, p.Seq-min(p.Seq, gapRowsBefore), gapRows)
		if err != nil {
			return err
		}
		o, until := gapOutcomeOf(rows, p.Seq, p.Reason), now.Add(gapFollowed)
		if o.Handled > 0 || len(o.Replies) > 0 { // it was resolved: only a visitor who comes back soon is news
			until = now.Add(gapReturn + gapReturn/2)
		}
		if err := w.store.Settle(ctx, w.holder, p, o, until); err != nil {
			return err
		}
	}
	return nil
}

// gapAnswered is the share of a gap's questions that the bot must answer before
// the gap is proposed as solved.
const gapAnswered = 0.8

// check puts the questions of gaps to the bot after something was published.
func (w *GapWorker) check(ctx context.Context) error {
	gaps, err := w.store.Unchecked(ctx, gapCheckGaps, gapCheckAsks)
	if err != nil {
		return err
	}
	for _, g := range gaps {
		found, err := w.answers(ctx, g)
		if err != nil {
			return err
		}
		if err := w.store.Checked(ctx, w.holder, g.Gap, g.Epoch, found, w.clock().UTC()); err != nil {
			return err
		}
	}
	return nil
}

// answers returns the article that answers most of the gap's questions, zero if
// too few are answered. The version that a visitor voted against answers nothing.
func (w *GapWorker) answers(ctx context.Context, g GapCheck) (PacketArticle, error) {
	votes := map[PacketArticle]int{}
	answered := 0
	var best PacketArticle
	for _, s := range g.Questions {
		d, err := w.decider.Decide(ctx, Question{Site: g.Site, Department: g.Department, Text: s.Question, Locale: s.Locale, Audience: kb.Audience(g.Audience)})
		if err != nil {
			return best, fmt.Errorf("decide: %w", err)
		}
		if d.Action != ActionAnswer || d.Source == nil || d.Source.Article == s.Said.ID && d.Source.Version == s.Said.Version {
			continue
		}
		answered++
		a := PacketArticle{ID: d.Source.Article, Locale: d.Source.Locale}
		if votes[a]++; votes[a] > votes[best] || best.ID == "" {
			best = a
		}
	}
	if answered == 0 || float64(answered) < gapAnswered*float64(len(g.Questions)) {
		return PacketArticle{}, nil
	}
	return best, nil
}

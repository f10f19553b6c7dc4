package bot

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/allegro/bigcache/v3"
	"golang.org/x/sync/singleflight"

	"frontdesk/chat"
	"frontdesk/kb"
)

// CacheConfig is what a [Cache] needs. Moments is required.
type CacheConfig struct {
	// Moments tells what is published and in use: asked before every look into the cache.
	Moments kb.Moments
	// SizeMB bounds the cache in MiB, 8–1024. What does not fit drives out the oldest. Defaults to 32.
	SizeMB int
	// Life is how long a decision is kept at most. Nothing depends on it but memory: a
	// change of the knowledge base, a model or a policy changes the key. Defaults to 10 min.
	Life time.Duration
	// Timeout bounds the search that several who ask the same wait for together. Defaults to 5 s.
	Timeout time.Duration
	Clock   func() time.Time // Defaults to time.Now.
}

// Cache keeps what a question was decided to, by the question's normalised text
// and everything else that it was decided by: site, department, audience,
// language, the epoch of the knowledge base, the models and the policy. So a
// publication, a rollback or a new model makes what was kept before unreachable
// at the moment of its commit, on every node.
//
// It keeps ids and versions of articles, not their texts: those are read anew
// each time. The keys are digests: neither they nor a metric hold a visitor's words.
//
// It starts no goroutine for good: bigcache's sweeper is off, what has expired is
// driven out by what is new. It is safe for concurrent use.
type Cache struct {
	moments kb.Moments
	store   *bigcache.BigCache
	life    time.Duration
	timeout time.Duration
	clock   func() time.Time
	flight  singleflight.Group

	hits, misses, joined, evicted, refused atomic.Uint64
}

// cacheShards is how many locks the cache has: two cores collide rarely on sixteen.
const cacheShards = 16

// maxCached is the largest entry, in bytes. A larger one would drive everything
// else out of its shard before bigcache notices that it does not fit.
const maxCached = 16 << 10

// NewCache checks cfg and returns an empty cache.
func NewCache(cfg CacheConfig) (*Cache, error) {
	if cfg.Moments == nil {
		return nil, errors.New("bot: CacheConfig.Moments is required")
	}
	c := &Cache{moments: cfg.Moments, life: or(cfg.Life, 10*time.Minute), timeout: or(cfg.Timeout, 5*time.Second), clock: cfg.Clock}
	if c.clock == nil {
		c.clock = time.Now
	}
	size := or(cfg.SizeMB, 32)
	if size < 8 || size > 1024 || c.life < time.Second || c.timeout < 0 {
		return nil, fmt.Errorf("bot: a cache has 8 to 1024 MiB (not %d), a life of at least a second and a timeout that is not negative", size)
	}
	// bigcache v3.1.0: with CleanWindow 0 it starts no goroutine (bigcache.go), counts whole seconds, and Get returns
	// entries whose life is over (shard.go): our own expiry stands in each entry. Verbose would log keys.
	store, err := bigcache.New(context.Background(), bigcache.Config{
		Shards: cacheShards, LifeWindow: c.life + time.Second, CleanWindow: 0,
		MaxEntriesInWindow: 1024, MaxEntrySize: 1024, // what is taken at once: 1 MiB
		HardMaxCacheSize: size, Verbose: false,
		OnRemoveWithReason: func(_ string, _ []byte, reason bigcache.RemoveReason) {
			if reason == bigcache.NoSpace {
				c.evicted.Add(1)
			}
		},
	})
	if err != nil {
		return nil, fmt.Errorf("make the decision cache: %w", err)
	}
	c.store = store
	return c, nil
}

// CacheCounts is what the cache did since the start, and holds now.
type CacheCounts struct {
	Hits    uint64
	Misses  uint64
	Joined  uint64 // found another search for the same question under way, and waited for it
	Evicted uint64 // driven out for want of room
	Refused uint64 // not kept: the knowledge base or a model changed during the search, or it was too large
	Entries int
	Bytes   int // taken from the heap
}

// Counts returns what the cache did so far.
func (c *Cache) Counts() CacheCounts {
	return CacheCounts{
		Hits: c.hits.Load(), Misses: c.misses.Load(), Joined: c.joined.Load(), Evicted: c.evicted.Load(), Refused: c.refused.Load(),
		Entries: c.store.Len(), Bytes: c.store.Capacity(),
	}
}

// cacheable reports that nothing but its text decides the question: neither what
// was asked, offered, said or turned down before.
func (a *inquiry) cacheable() bool {
	return a.Button == "" && len(a.Rejected) == 0 && a.Clarified == 0 && !a.leans
}

// keyOf is the digest of all that a decision depends on. Fields of a length that
// varies are preceded by it, so that no two questions share a key.
func (a *inquiry) keyOf(now kb.Now) string {
	h := sha256.New()
	var number [8]byte
	add := func(n uint64) {
		binary.BigEndian.PutUint64(number[:], n)
		_, _ = h.Write(number[:])
	}
	for _, n := range []int64{int64(a.Site), int64(a.Department), int64(a.Audience), now.Epoch, a.policy.Version} {
		add(uint64(n))
	}
	for _, x := range []float64{a.base.Answer, a.base.Clarify, float64(a.base.MaxClarifications)} {
		add(math.Float64bits(x))
	}
	for _, s := range []string{now.Fingerprint, now.Pair, a.locale, a.text} {
		add(uint64(len(s)))
		_, _ = h.Write([]byte(s))
	}
	return string(h.Sum(nil))
}

// decide returns what is kept for a, or what find returns, which it keeps. Of
// several who ask the same at once one searches, for all; who leaves early does
// not end the others' search.
func (c *Cache) decide(ctx context.Context, a *inquiry, revive func(context.Context, Decision) (Decision, bool, error), find func(context.Context) (Decision, error)) (Decision, error) {
	if !a.cacheable() {
		return find(ctx)
	}
	now, err := c.moments.Now(ctx, a.Site)
	if err != nil {
		return Decision{}, err
	}
	key := a.keyOf(now)
	if d, ok := c.get(key); ok {
		d, ok, err := revive(ctx, d)
		if err != nil {
			return Decision{}, err
		}
		if ok {
			c.hits.Add(1)
			d.Cached = true
			return d, nil
		}
	}
	mine := false
	result := c.flight.DoChan(key, func() (any, error) {
		mine = true
		// Whoever came first may leave; the others still wait.
		work, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), c.timeout, errors.New("the search for an answer took too long"))
		defer cancel()
		d, err := found(work, find)
		if err == nil {
			c.put(key, d, now)
		}
		return d, err
	})
	select {
	case <-ctx.Done():
		return Decision{}, context.Cause(ctx)
	case r := <-result:
		if mine {
			c.misses.Add(1)
		} else {
			c.joined.Add(1)
		}
		if r.Err != nil {
			return Decision{}, r.Err
		}
		d, _ := r.Val.(Decision)
		return d.clone(), nil
	}
}

// found calls find. A panic becomes an error: singleflight would end the process
// with it (x/sync singleflight.go, "go panic(e)").
func found(ctx context.Context, find func(context.Context) (Decision, error)) (d Decision, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("deciding panicked: %v", p)
		}
	}()
	return find(ctx)
}

// clone returns d without anything that another holder of d could change.
func (d Decision) clone() Decision {
	if d.Source != nil {
		source := *d.Source
		d.Source = &source
	}
	d.Buttons = slices.Clone(d.Buttons)
	d.Candidates = slices.Clone(d.Candidates)
	d.Trace.Terms = slices.Clone(d.Trace.Terms)
	return d
}

// kept is a decision as it lies in the cache.
type kept struct {
	Action     Action
	Reason     Reason
	Locale     string
	Article    *chat.Source `json:",omitempty"` // of an answer; without its title
	Offered    []string     `json:",omitempty"` // articles of a question back
	Confidence float64
	Answerable float64
	Candidates []kb.Candidate
	Trace      Trace
}

// put keeps d, unless it was decided by something else than the key says: a
// publication or a switch of models came between.
func (c *Cache) put(key string, d Decision, now kb.Now) {
	same := d.Trace.Epoch == now.Epoch && (now.Fingerprint == "" || d.Trace.Fingerprint == now.Fingerprint) && (d.Trace.Features.Exact || samePair(d.Trace.PairModel, now.Pair))
	if d.Action != ActionAnswer && d.Action != ActionClarify || d.Trace.WithContext {
		return
	}
	if !same {
		c.refused.Add(1)
		return
	}
	k := kept{
		Action: d.Action, Reason: d.Reason, Locale: d.Locale, Confidence: d.Confidence, Answerable: d.Answerable,
		Candidates: d.Candidates[:min(maxTraced, len(d.Candidates))], Trace: d.Trace,
	}
	if d.Source != nil {
		k.Article = &chat.Source{Article: d.Source.Article, Locale: d.Source.Locale, Version: d.Source.Version}
	}
	if d.Action == ActionClarify {
		k.Offered = d.offered()
	}
	t := &k.Trace
	t.Terms = t.Terms[:min(maxTerms, len(t.Terms))]
	t.EmbedTime, t.SearchTime, t.FuseTime, t.HeadTime, t.PairTime, t.Total = 0, 0, 0, 0, 0, 0 // nothing will run
	raw, err := json.Marshal(k)
	if err != nil || len(raw) > maxCached { // a number that is none, or a text beyond all measure
		c.refused.Add(1)
		return
	}
	entry := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(raw)), uint64(c.clock().Add(c.life).UnixNano()))
	if err := c.store.Set(key, append(entry, raw...)); err != nil {
		c.refused.Add(1)
	}
}

// samePair reports that what read the pairs is what is in use. Nothing was asked
// where a decision names none, which is no other model's doing as long as nobody
// has chosen one, or has switched it off.
func samePair(asked, inUse string) bool {
	return asked == inUse || inUse == "" || asked == "" && inUse == noModel
}

// noModel is the fingerprint of a task that is switched off (models.NoModel).
const noModel = "none"

func (c *Cache) get(key string) (Decision, bool) {
	entry, err := c.store.Get(key)
	if err != nil || len(entry) < 8 || c.clock().UnixNano() >= int64(binary.BigEndian.Uint64(entry)) {
		return Decision{}, false
	}
	var k kept
	if err := json.Unmarshal(entry[8:], &k); err != nil {
		return Decision{}, false
	}
	d := Decision{
		Action: k.Action, Reason: k.Reason, Locale: k.Locale, Source: k.Article, Confidence: k.Confidence, Answerable: k.Answerable,
		Candidates: k.Candidates, Trace: k.Trace,
	}
	for _, id := range k.Offered {
		d.Buttons = append(d.Buttons, chat.Button{ID: ButtonArticle + id})
	}
	return d, true
}

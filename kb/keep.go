package kb

import (
	"hash/fnv"
	"strconv"
	"time"
)

// patience is how long a site waits after it was found to need learning, before
// it may be found so again: first and at most. It doubles each time.
const (
	firstPatience = time.Minute
	mostPatience  = time.Hour
)

// awaited is when a site was last found to need learning, and its patience.
type awaited struct {
	since    time.Time
	patience time.Duration
}

// keepLearnt asks for a new fit where what was learnt is not of these articles or
// not for the models that answer: after an upgrade, after a fit that failed or was cut
// off by the end of its server, after a switch of models during which somebody published,
// with another pair model or none. What a newer server has learnt is left alone.
func (s *Service) keepLearnt(site int32, r *Result, stats *siteStats) {
	l, has := stats.learnt[r.Fingerprint]
	needed := false
	switch {
	case stats.newer[r.Fingerprint]:
	case !has:
		needed = stats.learnable
	default:
		needed = l.Content != stats.content || (r.pairModel != nil && *r.pairModel != l.PairModel)
	}
	s.mu.Lock()
	before, waits := s.awaited[site]
	if !needed {
		if waits && s.clock().Sub(before.since) > before.patience {
			delete(s.awaited, site)
		}
		s.mu.Unlock()
		return
	}
	now := s.clock()
	due := !s.stale[site] && s.fitting[site] == 0 && (!waits || now.Sub(before.since) >= before.patience)
	if due {
		s.awaited[site] = awaited{now, min(mostPatience, max(firstPatience, 2*before.patience))}
	}
	s.mu.Unlock()
	if due {
		s.markStale(site)
	}
}

// nowFitting notes that a site is being learnt from, for whatever was published
// to it so far. The function returned notes the end.
func (s *Service) nowFitting(site int32) (done func()) {
	s.mu.Lock()
	delete(s.stale, site)
	s.fitting[site]++
	s.mu.Unlock()
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.fitting[site]--; s.fitting[site] == 0 {
			delete(s.fitting, site)
		}
	}
}

// contentOf hashes texts in whatever order.
func contentOf(variants []Variant) string {
	var sum uint64
	for _, v := range variants {
		h := fnv.New64a()
		_, _ = h.Write([]byte(v.Article + "\x00" + v.Locale + "\x00" + strconv.Itoa(int(v.Kind)) + "\x00" + v.Content))
		sum += h.Sum64()
	}
	return strconv.FormatUint(sum, 16)
}

// learnable says whether [calibrationSample] finds enough in the texts.
func learnable(variants []Variant) bool {
	questions := map[string]int{}
	for _, v := range variants {
		if v.Kind == KindQuestion {
			questions[v.Article]++
		}
	}
	articles, all := 0, 0
	for _, n := range questions {
		if n >= calibrationVariants {
			articles++
			all += n
		}
	}
	return articles >= calibrationArticles && all >= calibrationLeast
}

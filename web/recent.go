package web

import "github.com/hashicorp/golang-lru/v2/simplelru"

// recentConversations bounds what an inbox remembers. A repeat from a
// conversation forgotten since is shown twice; clients drop it by seq.
const recentConversations = 2048

// recent remembers which rows came by an inbox: the hub may repeat them, and
// two rows of one conversation may come in the wrong order.
type recent struct {
	rows *simplelru.LRU[string, window]
}

// window is the highest seq and which of the 64 up to it were seen.
type window struct {
	top  uint32
	mask uint64
}

func newRecent() *recent {
	rows, err := simplelru.NewLRU[string, window](recentConversations, nil)
	if err != nil {
		panic(err) // the size is a positive constant
	}
	return &recent{rows: rows}
}

// first reports whether the row is seen for the first time. What is far below
// the top counts as seen.
func (r *recent) first(conv string, seq uint32) bool {
	w, ok := r.rows.Get(conv)
	switch {
	case !ok:
		w = window{top: seq, mask: 1}
	case seq > w.top:
		w.mask = w.mask<<min(seq-w.top, 64) | 1
		w.top = seq
	case w.top-seq >= 64 || w.mask&(1<<(w.top-seq)) != 0:
		return false
	default:
		w.mask |= 1 << (w.top - seq)
	}
	r.rows.Add(conv, w)
	return true
}

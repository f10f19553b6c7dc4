package web

import (
	"time"

	"frontdesk/bot"
)

// GapArticleRef names a translation of an article.
type GapArticleRef struct {
	Article string `json:"article"`
	Locale  string `json:"locale"`
}

// Gap is a question that the knowledge base does not answer, in a list.
type Gap struct {
	ID         int64                 `json:"id"`
	Locale     string                `json:"locale" enum:"zh-CN,en" doc:"Of its first question"`
	Department int32                 `json:"department"`
	Audience   string                `json:"audience" enum:"public,customers,staff"`
	State      string                `json:"state" enum:"open,in_progress,solved,dismissed,out_of_scope,expired"`
	Revision   int                   `json:"revision" doc:"Send it back with every change"`
	Name       string                `json:"name" doc:"Given by a person, or empty"`
	Title      string                `json:"title" doc:"Its most typical question"`
	Turns      int                   `json:"turns"`
	Contacts   int                   `json:"contacts" doc:"Distinct visitors: what counts, however often one asks"`
	Last7      int                   `json:"last7" doc:"Distinct visitors of the last 7 days"`
	Before7    int                   `json:"before7" doc:"Distinct visitors of the 7 days before"`
	Last28     int                   `json:"last28" doc:"Distinct visitors of the last 28 days"`
	Reasons    map[string]int        `json:"reasons"`
	Locales    map[string]int        `json:"locales"`
	HandledS   float64               `json:"handled_s" doc:"Median of a person's handling in seconds: of this gap where three or more are known, else of the site"`
	HandledN   int                   `json:"handled_n" doc:"How many handlings of this gap are known"`
	CostS      float64               `json:"cost_s" doc:"last28 × handled_s: what it costs people in 28 days"`
	Replies    int                   `json:"replies" doc:"Conversations with a person's reply that solved it"`
	Article    OrNull[GapArticleRef] `json:"article" doc:"What a person makes of it"`
	Proposed   OrNull[GapArticleRef] `json:"proposed" doc:"A published article that answers its questions by now"`
	CreatedAt  time.Time             `json:"created_at"`
	LastSeen   time.Time             `json:"last_seen"`
	StateAt    time.Time             `json:"state_at"`
}

// GapTurn names one turn of a conversation.
type GapTurn struct {
	Conversation string `json:"conversation"`
	Seq          uint32 `json:"seq" maximum:"2147483647"`
}

// GapQuestion is a question in one visitor's words.
type GapQuestion struct {
	GapTurn
	Question string    `json:"question"`
	Locale   string    `json:"locale"`
	Reason   string    `json:"reason"`
	At       time.Time `json:"at"`
	Contacts int       `json:"contacts" doc:"Distinct visitors who asked in these words"`
}

// GapNearest is an article that came near.
type GapNearest struct {
	Article string `json:"article"`
	Title   string `json:"title" doc:"Empty when it is no longer published"`
	Count   int    `json:"count"`
}

// GapReply is what a person answered.
type GapReply struct {
	GapTurn
	Agent    string    `json:"agent"`
	Text     string    `json:"text"`
	Question string    `json:"question"`
	At       time.Time `json:"at"`
}

// GapNear is another gap that may be the same.
type GapNear struct {
	ID         int64   `json:"id"`
	Title      string  `json:"title"`
	State      string  `json:"state"`
	Locale     string  `json:"locale"`
	Contacts   int     `json:"contacts"`
	Similarity float64 `json:"similarity" doc:"0–1"`
}

// GapAct is an entry of a gap's history.
type GapAct struct {
	At     time.Time         `json:"at"`
	Actor  string            `json:"actor" doc:"Empty: the system"`
	Act    string            `json:"act"`
	Detail map[string]string `json:"detail"`
}

// GapDetail is a gap with what is known of it.
type GapDetail struct {
	Gap
	Samples []GapQuestion `json:"samples" nullable:"false"`
	Days    []int         `json:"days" nullable:"false" doc:"Distinct visitors of each of the last 28 days, oldest first"`
	Nearest []GapNearest  `json:"nearest" nullable:"false"`
	Solved  []GapReply    `json:"solved_by" nullable:"false" doc:"What people replied before the conversation was resolved for good"`
	Near    []GapNear     `json:"near" nullable:"false" doc:"Gaps that may be the same"`
	Acts    []GapAct      `json:"acts" nullable:"false"`
}

// GapPage is a page of the board.
type GapPage struct {
	Items  []Gap          `json:"items" nullable:"false"`
	Total  int            `json:"total"`
	Counts map[string]int `json:"counts" doc:"Gaps in each state"`
}

func articleRef(a bot.PacketArticle) OrNull[GapArticleRef] {
	if a.ID == "" {
		return OrNull[GapArticleRef]{}
	}
	return OrNull[GapArticleRef]{&GapArticleRef{Article: a.ID, Locale: a.Locale}}
}

func gapOf(g *bot.Gap) Gap {
	audience := "public"
	switch g.Audience {
	case 1:
		audience = "customers"
	case 2:
		audience = "staff"
	}
	return Gap{
		ID: g.ID, Locale: g.Locale, Department: g.Department, Audience: audience, State: string(g.State), Revision: g.Revision,
		Name: g.Name, Title: g.Title, Turns: g.Turns, Contacts: g.Contacts, Last7: g.Last7, Before7: g.Before7, Last28: g.Last28,
		Reasons: g.Reasons, Locales: g.Locales, HandledS: g.HandledS, HandledN: g.HandledN, CostS: g.Cost, Replies: g.Replies,
		Article: articleRef(g.Article), Proposed: articleRef(g.Proposed), CreatedAt: g.CreatedAt.UTC(), LastSeen: g.LastSeen.UTC(), StateAt: g.StateAt.UTC(),
	}
}

func gapDetailOf(d *bot.GapDetail) GapDetail {
	out := GapDetail{
		Gap: gapOf(&d.Gap), Samples: []GapQuestion{}, Days: d.Days, Nearest: []GapNearest{}, Solved: []GapReply{}, Near: []GapNear{}, Acts: []GapAct{},
	}
	for _, q := range d.Samples {
		out.Samples = append(out.Samples, GapQuestion{
			GapTurn: GapTurn(q.GapTurn), Question: q.Question, Locale: q.Locale, Reason: q.Reason, At: q.At.UTC(), Contacts: q.Contacts,
		})
	}
	for _, a := range d.Nearest {
		out.Nearest = append(out.Nearest, GapNearest{Article: a.ID, Title: a.Title, Count: a.Count})
	}
	for _, r := range d.Replies {
		out.Solved = append(out.Solved, GapReply{GapTurn: GapTurn(r.GapTurn), Agent: r.Agent, Text: r.Text, Question: r.Question, At: r.At.UTC()})
	}
	for _, n := range d.Near {
		out.Near = append(out.Near, GapNear{ID: n.ID, Title: n.Title, State: string(n.State), Locale: n.Locale, Contacts: n.Contacts, Similarity: n.Similarity})
	}
	for _, a := range d.Acts {
		out.Acts = append(out.Acts, GapAct{At: a.At.UTC(), Actor: a.Actor, Act: a.Act, Detail: a.Detail})
	}
	return out
}

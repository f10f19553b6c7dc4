package kb

import "context"

// Stage is what an import is at.
type Stage string

// The stages, in order; an import skips those that it has nothing to do in.
const (
	StageFetch   Stage = "fetch"   // pages read, of at most
	StageRead    Stage = "read"    // no numbers
	StageEmbed   Stage = "embed"   // texts
	StagePublish Stage = "publish" // no numbers: learning and the commit
	StageDrafts  Stage = "drafts"  // articles
)

// Progress says how far an import is.
type Progress struct {
	Stage Stage
	Done  int
	Total int // 0 = unknown
}

type progressKey struct{}

// withProgress lets what happens under ctx tell how far it is.
func withProgress(ctx context.Context, tell func(Progress)) context.Context {
	return context.WithValue(ctx, progressKey{}, tell)
}

// tellProgress says how many texts of a publication are embedded, to whoever wants to know.
func tellProgress(ctx context.Context, done, total int) {
	tell, ok := ctx.Value(progressKey{}).(func(Progress))
	switch {
	case !ok:
	case done == total:
		tell(Progress{Stage: StagePublish})
	default:
		tell(Progress{Stage: StageEmbed, Done: done, Total: total})
	}
}

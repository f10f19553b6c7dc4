package kb

import (
	"context"
	"time"

	"frontdesk/internal/identity"
)

// Embedder turns texts into vectors; *inference.Engine is one. Both methods
// return the fingerprint of the model that made the vectors, and any error of
// the model, overload included (an error with RetryAfter() time.Duration).
type Embedder interface {
	// EmbedQuestion embeds what a visitor asks, in the interactive lane.
	EmbedQuestion(ctx context.Context, text string) (vector []float32, fingerprint string, err error)
	// EmbedPassages embeds texts of the knowledge base, in the bulk lane; one vector each, in order.
	EmbedPassages(ctx context.Context, texts []string) (vectors [][]float32, fingerprint string, err error)
}

// PairScorer reads a question and texts together; *inference.Engine is one.
type PairScorer interface {
	// ScorePairs returns, for each text in order, the probability (0–1) that it
	// asks for or says what query asks for, and the fingerprint of the model.
	// Nil scores without an error: there is no such model at the moment. Errors are
	// the model's, overload included (with RetryAfter() time.Duration).
	ScorePairs(ctx context.Context, query string, texts []string) (scores []float32, fingerprint string, err error)
}

// Store keeps the knowledge base; *postgres.Knowledge is one.
type Store interface {
	Catalog
	Publisher
	Index
	Moments
}

// Catalog reads published articles within scope.
type Catalog interface {
	// Article returns the published version, or [ErrNotFound].
	Article(ctx context.Context, scope identity.Scope, site int32, id, locale string) (Article, error)
	// Translations returns all published translations of an article by locale; none is no error.
	Translations(ctx context.Context, scope identity.Scope, site int32, id string) ([]Article, error)
	// Replies returns, for each id that is published for the audience, the translation in locale or else another, in no order.
	Replies(ctx context.Context, scope identity.Scope, site int32, ids []string, locale string, audience Audience) ([]Article, error)
	// List returns a page ordered by id and locale, and how many match in all.
	List(ctx context.Context, scope identity.Scope, q ListQuery) (items []Summary, total int, err error)
	// Each calls yield for every published article by id and locale, streaming; it stops at yield's first error.
	Each(ctx context.Context, scope identity.Scope, site int32, yield func(Article) error) error
}

// Publisher changes what is published, each call in one transaction that also
// raises the site's epoch.
type Publisher interface {
	// Publish stores the articles as new versions together with their index and
	// returns them with their versions. It returns [ErrConflict] if one was
	// saved since its Version, [ErrNotFound] if the site is not in scope, and a
	// [*ModelError] if the vectors are not of the model in use. Where none is
	// in use yet, the first publication's model is. It returns [ErrMoved] if
	// something else was published since p.Learnt was.
	Publish(ctx context.Context, scope identity.Scope, p Publication) ([]Article, error)
	// Archive takes translations out of the index (locale "" = all), together with
	// what was learnt from the rest; nil leaves the former adaptation. It returns
	// [ErrNotFound] if there is none, [ErrMoved] if something was published since l was learnt.
	Archive(ctx context.Context, scope identity.Scope, site int32, id, locale string, at time.Time, l *Learnt) error
	// Adapt stores what was learnt at l.Epoch. It returns [ErrMoved] if something
	// was published since, unless the model has nothing yet: then it is stored all the same.
	Adapt(ctx context.Context, site int32, l Learnt) error
}

// Index is the search index over published variants.
type Index interface {
	// Search runs both legs in one statement and returns the union of their best variants with the epoch they were read at.
	Search(ctx context.Context, scope identity.Scope, q SearchQuery) (Found, error)
	// Corpus reads what the statistics of a site are made of, with the vectors of this model; fingerprint "" = without any.
	Corpus(ctx context.Context, site int32, fingerprint string) (Corpus, error)
	// Unembedded returns up to limit variants, of any site, without a vector of this model, by id after the given one.
	Unembedded(ctx context.Context, fingerprint string, after int64, limit int) ([]Variant, error)
	// AddVectors stores vectors of this model for variants that still exist; one that is there already stays.
	AddVectors(ctx context.Context, fingerprint string, ids []int64, vectors [][]float32) error
	// Coverage says how far all sites are embedded with this model.
	Coverage(ctx context.Context, fingerprint string) (Coverage, error)
}

// Kind is what a variant is taken from.
type Kind int16

// The kinds, as stored.
const (
	KindQuestion Kind = 1
	KindTitle    Kind = 2
	KindPassage  Kind = 3
)

// String returns the kind's name for traces.
func (k Kind) String() string {
	switch k {
	case KindQuestion:
		return "question"
	case KindTitle:
		return "title"
	case KindPassage:
		return "passage"
	}
	return "unknown"
}

// Publication is a set of articles published together, with the index made of them.
type Publication struct {
	Site        int32
	Fingerprint string // of the model that made the vectors
	Articles    []IndexedArticle
	At          time.Time
	// Releases are working copies that the publication ends. [ErrConflict]: one of them is not there in that revision,
	// or was made from another version than the one that is published.
	Releases []Release
	Learnt   *Learnt // from the site's articles with these; nil = the former adaptation stays
}

// IndexedArticle is an article with its variants.
type IndexedArticle struct {
	Article
	Variants []IndexedVariant
	Minor    bool // its new text concerns no other translation
}

// IndexedVariant is a text to be matched, as it goes into the index.
type IndexedVariant struct {
	Kind    Kind
	Content string    // normalised
	Vector  []float32 // of length 1
	Terms   []string  // distinct
	Weights []float32 // saturated term frequencies, one a term
}

// SearchQuery is what the statement needs.
type SearchQuery struct {
	Site        int32
	Vector      []float32 // of length 1
	Fingerprint string
	Terms       []string  // distinct
	IDF         []float32 // one a term
	Candidates  int       // variants from each leg
	Audience    Audience  // what the asker may see
	// Within is how many variants scope and audience leave, as the statistics have it: the exact way costs as much.
	Within int
	// Texts asks for what the hits say, of the same moment: who asks may not have them in memory.
	Texts bool
}

// Found is what a search found, all of it read at one moment.
type Found struct {
	Epoch int64
	// Active is the fingerprint of the model in use; empty where none is yet.
	Active string
	// Embedded says that some hit has a vector of the question's model.
	Embedded bool
	// Near says that the dense leg went by an approximate index.
	Near bool
	Hits []Hit
}

// Coverage says how far the knowledge base is embedded with a model.
type Coverage struct {
	Variants int
	Embedded int     // of Variants
	Sites    []int32 // with variants
	Unfitted []int32 // those of Sites without an adaptation to the model
}

// Hit is a variant that one of the legs found. A store may leave out what the
// corpus of the same epoch says of the variant.
type Hit struct {
	Variant int64
	Article string
	Locale  string
	Kind    Kind
	Content string  // normalised; empty = left out, and so are Article, Locale and Kind
	Cosine  float64 // with the question, -1 to 1
	BM25    float64 // 0 and up
}

// Corpus is what a site's statistics are made of.
type Corpus struct {
	Epoch       int64
	Adaptations map[string]Adaptation // by the fingerprint of the model whose vectors it is for
	Variants    []Variant
	Words       []WordGroup // by id
}

// Variant is a stored variant.
type Variant struct {
	ID      int64
	Article string
	Locale  string
	Kind    Kind
	Content string // normalised
	// Department whose article it is of; 0 = every one's. Audience whom that is for.
	Department int32
	Audience   Audience
	// Vector is that of the model asked for, of length 1; nil if none was asked for, or the variant has none.
	Vector []float32
}

// ListQuery selects a page of articles.
type ListQuery struct {
	Site   int32
	Search string // part of id, title, a question or a tag; empty = all
	Locale string // empty = all
	Tag    string // empty = all
	Cursor string // from the page before ("locale id"); empty = the first
	Limit  int    // 1–200; 0 = 50
}

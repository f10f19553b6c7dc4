package kb

import (
	"testing"

	"frontdesk/internal/identity"
)

func TestStatisticsAreKeptOnlyForLevelsThatThereAre(t *testing.T) {
	t.Parallel()
	variants := []Variant{{ID: 1, Article: "a", Locale: "en", Kind: KindQuestion, Content: "hello"}, {ID: 2, Article: "b", Locale: "en", Kind: KindQuestion, Content: "there", Department: 4}}
	l := newSiteLevels(Corpus{Variants: variants})
	if l.at(AudiencePublic) != l.at(AudienceCustomers) || l.at(AudiencePublic) != l.at(AudienceStaff) {
		t.Error("one level, more than one set of statistics")
	}
	l = newSiteLevels(Corpus{Variants: append(variants, Variant{ID: 3, Article: "c", Locale: "en", Kind: KindQuestion, Content: "secret", Audience: AudienceStaff})})
	if l.at(AudiencePublic) != l.at(AudienceCustomers) || l.at(AudiencePublic) == l.at(AudienceStaff) {
		t.Error("customers have articles of their own?")
	}
	if _, known := l.at(AudiencePublic).idf("secret", "en"); known {
		t.Error("visitors' statistics know what staff's articles say")
	}
	if n := l.at(AudienceStaff).candidates(identity.Scope{Departments: []int32{9}}); n != 2 {
		t.Errorf("%d candidates in a department that has none of its own, want the 2 that every one has", n)
	}
	if n := l.at(AudiencePublic).candidates(identity.Scope{AllDepartments: true}); n != 2 {
		t.Errorf("%d candidates, want 2", n)
	}
}

func TestALargeKnowledgeBaseReadsRareTermsFirstAndNotAllPostings(t *testing.T) {
	t.Parallel()
	stats := newSiteStats(Corpus{})
	stats.variants = 100_000
	stats.locales["en"] = &localeStats{variants: 100_000, df: map[string]int32{"how": 60_000, "my": 9000, "refund": 2000, "parcel": 1500, "zeppelin": 3}}
	terms := func(words ...string) []string {
		return searchQuery(stats, 1, nil, "", weighTerms(stats, words, "en"), 48).Terms
	}
	if got := terms("how", "my", "refund", "parcel", "zeppelin", "unknown"); len(got) != 3 || got[0] != "refund" {
		t.Errorf("%q, want the rare ones in their order", got)
	}
	if got := terms("how", "my"); len(got) != 2 {
		t.Errorf("%q: a question of common words is searched with them", got)
	}
	stats.variants = 1000
	if got := terms("how", "my", "refund"); len(got) != 3 {
		t.Errorf("%q: a small knowledge base reads all", got)
	}
}

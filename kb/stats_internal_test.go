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

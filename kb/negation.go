package kb

import (
	"regexp"
	"strings"
	"unicode"

	"frontdesk/internal/text"
)

// Cosine cannot see negation (DESIGN 6): "don't cancel my order" lies next to
// "cancel my order". A request not to do something is no question about doing
// it, so an article found by it may be offered, not answered with. Complaints
// (does not heat, can't pay, haven't received, 不加热了) are no such requests.
const maxConfidenceNegated = 0.4

const (
	verbsEN = `(?:cancel|ship|send|charge|delete|close|refund|change|return|remove|exchange|deliver|replace|repair|subscribe|unsubscribe|turn|register|upgrade|renew|replacement|invoice|complain)`
	verbsZH = `(?:取消|发货|退款|退钱|退费|退货|退掉|退了|换货|更换|注销|销号|删除|关闭|寄|送|维修|修理|开通|订阅|退订|投诉|开发票|续费|升级|充值)`
)

var (
	negatedRequest = regexp.MustCompile(`^(?:please |pls |so |but |and |no,? )*(?:don't|dont|do not|never|stop|no need to) ` + verbsEN + `|` +
		`\b(?:i|we) (?:don't|dont|do not|no longer) (?:want|need|wish|plan|intend)(?: to)?(?: a| an| any| the| my)? ` + verbsEN + `|` +
		`\b(?:i'm|i am|im|we're|we are|i was|i wasn't|i was not|wasn't)(?: not)? (?:asking|looking|trying|going|planning|complaining)(?: for| to| about)?(?: a| an| any| the| my|thing)*\b|` +
		`\b(?:i|we) (?:didn't|didnt|did not|never) (?:say|said|ask|asked|mean|meant|request|requested)\b|` +
		`(?:请|千万|先|可)?(?:不要|别|不用|无需|不需要|不想|不打算|不准备|用不着|没必要|没说|没说过|没让你|没让你们|没有要|不是要|不是想|又没要)(?:要|再|给我|帮我|帮忙|去|急着|着急)*` + verbsZH)
	negation = regexp.MustCompile(`\b(?:don't|dont|do not|not|no|never|stop|without|un[a-z]+)\b|不|别|无需|停`)
	denying  = regexp.MustCompile(`\b(?:not|didn't|didnt|never|wasn't|don't|dont|no)\b|[一-鿿]`) // what may deny at all: "i'm asking for a refund" asks
)

// deniesWhatItAsks reports whether query asks not to do something that the text
// it was matched with affirms.
func deniesWhatItAsks(query, variant string) bool {
	m := negatedRequest.FindString(query)
	return m != "" && denying.MatchString(m) && !negation.MatchString(variant)
}

var (
	// deniedZH and deniedEN are clauses that only say what is not meant.
	deniedZH = regexp.MustCompile(`^(?:我|我们)?(?:说的|问的|要的|想要的|买的)?(?:不是|并不是|而不是|不要|不用|不需要|不想要?|不买)(?:要|想|说|问|指|帮我|给我|买)?([^,，。?!]{1,16})$`)
	deniedEN = regexp.MustCompile(`^(?:no,? |and |but |please |i mean )*(?:not (?:the |a |an |my |for |about |from |to )|not (?:[a-z]{1,4}[- ]?[0-9]{1,5}[a-z]?)$|(?:i|we) (?:don't|dont|do not) (?:mean|need|want) (?:the |a |an |any |my )?|instead of |rather than )(?:[a-z0-9 '-]{2,40})?$`)
	// affirms begins a clause that says what is meant instead.
	affirmsZH = regexp.MustCompile(`^(?:而|我|就|只)?(?:是|要|想|问|说|指|买|换)`)
	affirmsEN = regexp.MustCompile(`^(?:but |just |only )?(?:i (?:want|mean|need|would|meant|am|have)|i'd|i'm|it's|the|how|what|where|when|who|which|why|can|could|do|does|is|are|will)\b`)
	complains = regexp.MustCompile(`不是(?:我|这|说)|不(?:用|要|想)了|want (?:it|this|that|them)\b|(?:i|we) (?:ordered|bought|paid|got)\b`)
	clauseEnd = regexp.MustCompile(`[,，;。?!]| but `)
)

// withoutDenied returns the question without the clause that says what is not
// meant (不是TH01,我要TH02; "not the lamp, how do I pair the hub"), if another clause
// says what is: the denied part would find its article all the same. A message that
// only denies stays whole.
func withoutDenied(query string) string {
	if !strings.ContainsAny(query, "不n") {
		return query
	}
	ends := clauseEnd.FindAllStringIndex(query, 12)
	if len(ends) == 0 {
		return query
	}
	denied, affirmed, meant := false, false, 0
	var kept strings.Builder
	start := 0
	for i := range len(ends) + 1 {
		end, next := len(query), len(query)
		if i < len(ends) {
			end, next = ends[i][0], ends[i][1]
		}
		clause := strings.TrimSpace(query[start:end])
		switch {
		case isDenied(clause):
			denied = true
		default:
			kept.WriteString(query[start:next])
			meant += content(clause)
			if codeIn.MatchString(clause) {
				meant = max(meant, leastMeant)
			}
			affirmed = affirmed || affirmsZH.MatchString(clause) || affirmsEN.MatchString(clause) || codeIn.MatchString(clause) || negatedRequest.MatchString(query)
		}
		start = next
	}
	if !denied || !affirmed || meant < leastMeant {
		return query
	}
	return strings.TrimFunc(kept.String(), func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' })
}

// leastMeant is how much, in Chinese characters or twice in Latin words, must be left.
const leastMeant = 4

// codeIn finds a product code, however spelled.
var codeIn = regexp.MustCompile(`\b[a-z]{1,4}[- ]?[0-9]{1,5}[a-z]?\b`)

func isDenied(clause string) bool {
	if complains.MatchString(clause) {
		return false
	}
	if text.HasCJK(clause) {
		return deniedZH.MatchString(clause)
	}
	return deniedEN.MatchString(clause)
}

func content(clause string) int {
	n, latin := 0, false
	for _, r := range clause {
		switch {
		case text.IsCJK(r):
			n++
			latin = false
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '\'':
			if !latin {
				n += 2
			}
			latin = true
		default:
			latin = false
		}
	}
	return n
}

package kb

import "regexp"

// Cosine cannot see negation (DESIGN 6): "don't cancel my order" lies next to
// "cancel my order". A request not to do something is no question about doing
// it, so an article found by it may be offered, not answered with. Complaints
// (does not heat, can't pay, haven't received) are no such requests.
const maxConfidenceNegated = 0.4

var (
	negatedRequest = regexp.MustCompile(`^(?:please |pls |so |no,? )*(?:don't|dont|do not|never|stop) (?:cancel|ship|send|charge|delete|close|refund|change|return|remove|exchange|deliver|replace|repair|subscribe|unsubscribe|turn)|` +
		`\b(?:i|we) (?:don't|dont|do not) (?:want|need|wish)(?: to)?(?: a| an| any| the| my)? (?:cancel|refund|return|exchange|replacement|repair|invoice|delete|subscribe|unsubscribe)|` +
		`(?:请|千万|先)?(?:不要|别|不用|无需)(?:再|给我|帮我)?(?:取消|发货|退款|退货|换货|注销|删除|关闭|寄|送|维修|开通|订阅)`)
	negation = regexp.MustCompile(`\b(?:don't|dont|do not|not|no|never|stop|without|un[a-z]+)\b|不|别|无需|停`)
)

// deniesWhatItAsks reports whether query asks not to do something that the text
// it was matched with affirms.
func deniesWhatItAsks(query, variant string) bool {
	return negatedRequest.MatchString(query) && !negation.MatchString(variant)
}

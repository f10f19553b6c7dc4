package identity

// Permission names one thing a caller may do. Every route and frame declares
// one; a test in web fails on one without.
type Permission string

// The permissions.
const (
	PermPublic       Permission = "public"        // no sign-in needed: health, sign-in, setup, static files
	PermVisitorChat  Permission = "visitor.chat"  // a visitor's own conversation
	PermSelf         Permission = "self"          // one's own account and session
	PermChatRead     Permission = "chat.read"     // conversations within scope
	PermChatReply    Permission = "chat.reply"    // write in them
	PermChatClaim    Permission = "chat.claim"    // take from queue or bot
	PermChatTransfer Permission = "chat.transfer" // pass on
	PermChatResolve  Permission = "chat.resolve"
	PermPresence     Permission = "presence.set"
	PermTeamRead     Permission = "team.read"
	PermKBRead       Permission = "kb.read"
	PermKBWrite      Permission = "kb.write"
	PermStatsRead    Permission = "stats.read"
	PermExport       Permission = "export"
	PermUserAdmin    Permission = "user.admin"
	PermMetrics      Permission = "metrics.read"
	PermKeyAdmin     Permission = "apikey.admin"  // make, list and revoke API keys
	PermInference    Permission = "inference.use" // the model routes; held by API keys only
	PermBotTrace     Permission = "bot.trace"     // why the bot said what it said
	PermBotAdmin     Permission = "bot.admin"     // thresholds, roll-out, replay, reports
	PermContactRead  Permission = "contact.read"  // contacts of the conversations within scope
	PermContactWrite Permission = "contact.write" // change what is known of them, keep one out
	PermContactAdmin Permission = "contact.admin" // merge, block list, attributes, the secret that sites sign with
	PermRoutingAdmin Permission = "routing.admin" // skills, teams, capacities and rules of the router
	PermSuggest      Permission = "suggest.use"   // suggested replies, canned replies
	PermPrivacy      Permission = "privacy.admin" // retention, erasure, receipts
	PermAudit        Permission = "audit.read"    // who did what
)

// Grants reports whether r holds p, by the built-in table. (casbin replaces
// the table in a later issue; the constants stay.)
func (r Role) Grants(p Permission) bool {
	if p == PermPublic {
		return true
	}
	switch r {
	case RoleVisitor:
		return p == PermVisitorChat
	case RoleAgent:
		switch p {
		case PermSelf, PermChatRead, PermChatReply, PermChatClaim, PermChatTransfer, PermChatResolve,
			PermPresence, PermTeamRead, PermKBRead, PermBotTrace, PermSuggest, PermContactRead, PermContactWrite:
			return true
		}
		return false
	case RoleAdmin:
		return p != PermVisitorChat && p != PermInference
	}
	return false
}

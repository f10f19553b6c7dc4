package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"frontdesk/internal/identity"
	"frontdesk/web/frame"
)

// buildRoutes lists every route with the permission that it takes.
func (s *Server) buildRoutes() {
	s.router = chi.NewRouter()
	s.router.Use(s.identify, s.observe, s.recoverPanics, s.secure)
	s.router.NotFound(s.notFound)
	s.router.MethodNotAllowed(s.methodNotAllowed)
	s.api = s.newAPI()
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete

	add(s, post, "/api/visitor/session", identity.PermPublic, "Start or continue as a visitor", s.startVisitor)
	add(s, post, "/api/visitor/send-message", identity.PermVisitorChat, "Send a message", s.visitorSend)
	add(s, get, "/api/visitor/conversation", identity.PermVisitorChat, "The visitor's conversation", s.visitorConversation)
	add(s, get, "/api/visitor/messages", identity.PermVisitorChat, "Its events", s.visitorMessages)
	add(s, post, "/api/visitor/request-human", identity.PermVisitorChat, "Ask for a human", s.requestHuman)
	add(s, post, "/api/visitor/email", identity.PermVisitorChat, "Leave an e-mail address", s.leaveEmail)
	add(s, post, "/api/visitor/feedback", identity.PermVisitorChat, "Say whether an answer of the bot helped", s.visitorFeedback)
	add(s, get, "/api/visitor/queue-position", identity.PermVisitorChat, "Place in the queue", s.queuePosition)

	add(s, get, "/api/setup", identity.PermPublic, "Whether the first admin is still to be made", s.setupNeeded)
	add(s, post, "/api/setup", identity.PermPublic, "Make the first admin with the one-time token", s.completeSetup)
	add(s, post, "/api/agent/login", identity.PermPublic, "Sign in", s.signIn)
	add(s, post, "/api/agent/logout", identity.PermSelf, "Sign out", s.signOut)
	add(s, get, "/api/agent/me", identity.PermSelf, "Who is signed in", s.me)
	add(s, put, "/api/agent/me", identity.PermSelf, "Change name or language", s.updateMe)
	add(s, post, "/api/agent/password", identity.PermSelf, "Change the password", s.changePassword)
	add(s, post, "/api/agent/presence", identity.PermPresence, "Set presence", s.setPresence)
	add(s, get, "/api/agent/teams", identity.PermTeamRead, "Teams with their members", s.teams)

	add(s, get, "/api/agent/unread-messages", identity.PermChatRead, "Unread counts", s.unread)
	add(s, get, "/api/agent/conversations", identity.PermChatRead, "A page of the inbox", s.inbox)
	add(s, get, "/api/agent/conversations/{id}", identity.PermChatRead, "One conversation", s.conversation)
	add(s, get, "/api/agent/conversations/{id}/messages", identity.PermChatRead, "Its events", s.messages)
	add(s, post, "/api/agent/conversations/{id}/read", identity.PermChatRead, "Mark as read", s.markRead)
	add(s, post, "/api/agent/conversations/{id}/claim", identity.PermChatClaim, "Take it", s.claim)
	add(s, post, "/api/agent/conversations/{id}/reopen", identity.PermChatClaim, "Open it again", s.reopen)
	add(s, post, "/api/agent/conversations/{id}/release", identity.PermChatTransfer, "Put it back into the queue", s.release)
	add(s, post, "/api/agent/conversations/{id}/resolve", identity.PermChatResolve, "Resolve it", s.resolve)
	add(s, post, "/api/agent/send-message", identity.PermChatReply, "Send a message or note", s.agentSend)
	add(s, post, "/api/agent/transfer", identity.PermChatTransfer, "Pass it to an agent or a team", s.transfer)

	s.routingRoutes()
	s.deliveryRoutes()
	s.suggestRoutes()
	add(s, get, "/api/admin/realtime-stats", identity.PermStatsRead, "The desk now", s.stats)
	s.historyRoutes()
	add(s, get, "/api/admin/sites", identity.PermKBRead, "Sites in scope", s.sites)
	add(s, get, "/api/admin/kb/articles", identity.PermKBRead, "A page of articles", s.listArticles)
	add(s, get, "/api/admin/kb/articles/{id}", identity.PermKBRead, "One article in all languages", s.article)
	add(s, put, "/api/admin/kb/articles/{id}/{locale}", identity.PermKBWrite, "Publish a translation", s.saveArticle)
	add(s, del, "/api/admin/kb/articles/{id}/{locale}", identity.PermKBWrite, "Unpublish a translation", s.archiveArticle)
	s.contactRoutes()
	s.editorialRoutes()
	s.botRoutes()
	s.plain(post, "/api/admin/kb/import", identity.PermKBWrite, s.importArticles)
	s.plain(get, "/api/admin/kb/export", identity.PermKBRead, s.exportKnowledge)
	s.plain(post, "/api/admin/kb/imports", identity.PermKBWrite, s.startImport)
	add(s, get, "/api/admin/kb/imports", identity.PermKBWrite, "The last imports", s.listImports)
	add(s, post, "/api/admin/kb/imports/address", identity.PermKBWrite, "Import a page, what it links to, or a sitemap, as drafts", s.importAddress)
	add(s, get, "/api/admin/kb/imports/{id}", identity.PermKBWrite, "One import with its report", s.oneImport)
	add(s, post, "/api/admin/kb/imports/{id}/apply", identity.PermKBWrite, "Do what a dry run has checked", s.applyImport)
	add(s, post, "/api/admin/kb/imports/{id}/cancel", identity.PermKBWrite, "End an import", s.cancelImport)
	s.plain(post, "/api/admin/kb/files", identity.PermKBWrite, s.uploadFile)
	s.plain(get, "/kb-files/{id}", identity.PermPublic, s.articleFile) // the file's use decides who may read it

	add(s, get, "/api/admin/gaps", identity.PermBotAdmin, "What the bot could not answer", s.gaps)
	add(s, get, "/api/admin/gaps/{id}", identity.PermBotAdmin, "One gap with its questions", s.gap)
	add(s, post, "/api/admin/gaps/{id}/state", identity.PermBotAdmin, "Say what is made of it", s.gapState)
	add(s, post, "/api/admin/gaps/{id}/name", identity.PermBotAdmin, "Name it", s.gapName)
	add(s, post, "/api/admin/gaps/{id}/merge", identity.PermBotAdmin, "Put another gap into it", s.gapMerge)
	add(s, post, "/api/admin/gaps/{id}/split", identity.PermBotAdmin, "Take questions out into a gap of their own", s.gapSplit)
	add(s, post, "/api/admin/gaps/{id}/apart", identity.PermBotAdmin, "Say that another gap is not the same", s.gapApart)
	add(s, post, "/api/admin/gaps/{id}/variant", identity.PermKBWrite, "Put questions into an article's working copy", s.gapVariant)
	add(s, post, "/api/admin/gaps/{id}/draft", identity.PermKBWrite, "Make a working copy of a new article", s.gapDraft)

	add(s, get, "/api/admin/reports/bot", identity.PermStatsRead, "How the bot did", s.botReport)
	s.plain(get, "/api/admin/reports/bot.csv", identity.PermStatsRead, s.exportReport)
	add(s, get, "/api/admin/reports/audit", identity.PermStatsRead, "A week's sample of the bot's answers", s.auditWeek)
	add(s, post, "/api/admin/reports/audit", identity.PermBotAdmin, "Judge one of them", s.judgeAnswer)

	add(s, get, "/api/admin/api-keys", identity.PermKeyAdmin, "API keys of the sites in scope", s.apiKeys)
	add(s, post, "/api/admin/api-keys", identity.PermKeyAdmin, "Make a key; its secret is shown this once", s.createAPIKey)
	add(s, del, "/api/admin/api-keys/{id}", identity.PermKeyAdmin, "Revoke a key for good", s.revokeAPIKey)

	// For programs with an API key, in the shapes of OpenAI and of text-embeddings-inference.
	s.model("/v1/embeddings", forVectors(), s.embeddings)
	s.plain(get, "/v1/models", identity.PermInference, s.listModels)
	s.plain(get, "/v1/models/*", identity.PermInference, s.oneModel)
	s.model("/embed", forVectors(), s.teiEmbed)
	s.model("/rerank", forVectors(), s.teiRerank)
	s.model("/predict", forVectors(), s.teiPredict)
	s.model("/tokenize", forTokens(), s.teiTokenize)
	s.plain(get, "/info", identity.PermInference, s.teiInfo)
	s.plain(get, "/health", identity.PermPublic, s.teiHealth)

	s.plain(get, "/ws/visitor", identity.PermPublic, s.visitorSocket) // each frame has its own, below
	s.plain(get, "/ws/agent", identity.PermPublic, s.agentSocket)

	s.plain(get, "/healthz", identity.PermPublic, s.healthz)
	s.plain(get, "/readyz", identity.PermPublic, s.readyz)
	s.plain(get, "/metrics", identity.PermMetrics, s.metricsHandler())
	s.plain(get, "/openapi.json", identity.PermPublic, s.openAPI)
	s.plain(get, "/docs", identity.PermPublic, s.docsPage)
	s.plain(get, "/docs/docs.js", identity.PermPublic, s.docsScript)
	s.plain(get, "/", identity.PermPublic, s.home)
	s.plain(get, "/demo", identity.PermPublic, s.demo)
	s.plain(get, "/console", identity.PermPublic, s.toConsole)
	s.plain(get, "/console/*", identity.PermPublic, s.console)
	s.plain(get, "/widget/*", identity.PermPublic, s.widget)
	s.documentPlainRoutes()
	s.documentModelRoutes()
}

// framePermission returns what a frame takes on a socket of this kind; ok is
// false for a frame that is not for it, and then it is refused.
func framePermission(kind string, f *frame.ClientFrame) (p identity.Permission, ok bool) {
	visitor := kind == kindVisitor
	switch f.GetFrame().(type) {
	case *frame.ClientFrame_Hello: // proves who it is; until then nothing else is accepted
		return identity.PermPublic, true
	case *frame.ClientFrame_Send:
		return or(visitor, identity.PermChatReply), true
	case *frame.ClientFrame_Resume:
		return or(visitor, identity.PermChatRead), true
	case *frame.ClientFrame_Typing, *frame.ClientFrame_Edit:
		return or(visitor, identity.PermChatReply), true
	case *frame.ClientFrame_Mark:
		return or(visitor, identity.PermChatRead), true
	case *frame.ClientFrame_Viewing:
		return identity.PermChatRead, !visitor
	case *frame.ClientFrame_Answer:
		return identity.PermChatClaim, !visitor
	case *frame.ClientFrame_Presence:
		return identity.PermPresence, !visitor
	}
	return "", false
}

// or returns the visitor's permission for their own conversation, or the agents' one.
func or(visitor bool, forAgents identity.Permission) identity.Permission {
	if visitor {
		return identity.PermVisitorChat
	}
	return forAgents
}

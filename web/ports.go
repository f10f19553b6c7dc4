package web

import (
	"context"
	"io"
	"time"

	"frontdesk/bot"
	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/kb"
	"frontdesk/models"
)

// Sessions signs agents and admins in and out.
type Sessions interface {
	// SignIn starts a session under a new token and ends the one of oldToken. Errors: identity.ErrBadCredentials.
	SignIn(ctx context.Context, email, password, oldToken string) (identity.Session, error)
	// Start begins a session for a user who has been identified otherwise.
	Start(ctx context.Context, user identity.User, oldToken string) (identity.Session, error)
	// Open returns the session of a token. Errors: identity.ErrUnauthenticated.
	Open(ctx context.Context, token string) (identity.Session, error)
	// SignOut ends the session of a token; an unknown one is no error.
	SignOut(ctx context.Context, token string) error
	// ChangePassword ends all the user's sessions and starts a new one. Errors: identity.ErrBadCredentials, identity.ErrInvalid.
	ChangePassword(ctx context.Context, session identity.Session, current, replacement string) (identity.Session, error)
}

// Visitors makes and checks visitor tokens.
type Visitors interface {
	// Issue returns a token for a contact of a site.
	Issue(site int32, contact string) (token string, expires time.Time, err error)
	// IssueIdentified is Issue for a contact that the site has just vouched for.
	IssueIdentified(site int32, contact string) (token string, expires time.Time, err error)
	// Verify returns what a token vouches for. Errors: identity.ErrTokenInvalid, identity.ErrTokenExpired.
	Verify(token string) (identity.VisitorClaims, error)
}

// Keys makes, ends and checks API keys. Errors: identity.ErrForbidden, identity.ErrNotFound.
type Keys interface {
	// Verify returns the live key of a secret. Errors: identity.ErrUnauthenticated, identity.ErrKey.
	Verify(ctx context.Context, secret string) (identity.APIKey, error)
	// Create stores a key and returns its secret, this once. Errors: identity.ErrInvalid.
	Create(ctx context.Context, actor identity.Actor, k identity.APIKey) (secret string, made identity.APIKey, err error)
	// List returns the keys of the actor's sites.
	List(ctx context.Context, actor identity.Actor) ([]identity.APIKey, error)
	// Revoke ends a key for good.
	Revoke(ctx context.Context, actor identity.Actor, id string) (identity.APIKey, error)
}

// Inference runs the models; *inference.Engine is one. Errors: *models.TextError and others that wrap models.ErrInput or
// models.ErrTooLong, models.ErrNoModel, and ones with RetryAfter() time.Duration when a request was refused as a whole.
type Inference interface {
	Embed(ctx context.Context, req models.EmbedRequest) (models.EmbedResult, error)
	Rerank(ctx context.Context, req models.RerankRequest) (models.RerankResult, error)
	Classify(ctx context.Context, req models.ClassifyRequest) (models.ClassifyResult, error)
	// Tokenize returns the tokens of each text, uncut.
	Tokenize(ctx context.Context, req models.TokenizeRequest) ([][]models.Token, error)
	// Models returns what is loaded.
	Models() []models.Info
}

// Setup makes the first admin.
type Setup interface {
	// Needed reports whether there is no admin yet.
	Needed(ctx context.Context) (bool, error)
	// Complete uses the one-time token up. Errors: identity.ErrSetup, identity.ErrInvalid, identity.ErrEmailTaken.
	Complete(ctx context.Context, token string, u identity.User, password string) (identity.User, error)
}

// Authorizer decides what an actor may do.
type Authorizer interface {
	// Authorize returns identity.ErrForbidden unless actor holds p.
	Authorize(ctx context.Context, actor identity.Actor, p identity.Permission) error
}

// Accounts reads sites and people.
type Accounts interface {
	Sites
	People
}

// Sites reads sites.
type Sites interface {
	// SiteByKey returns the site with this key, the oldest for an empty one. Errors: identity.ErrNotFound.
	SiteByKey(ctx context.Context, key string) (identity.Site, error)
	// Sites returns every site, oldest first.
	Sites(ctx context.Context) ([]identity.Site, error)
}

// People reads and changes what agents are called and where they belong.
type People interface {
	// Rosters returns the teams within scope with their members.
	Rosters(ctx context.Context, scope identity.Scope) ([]identity.Roster, error)
	// Presence returns an agent's presence as it counts now.
	Presence(ctx context.Context, user string) (string, error)
	// Standing returns how an agent stands with the router.
	Standing(ctx context.Context, user string) (identity.Standing, error)
	// UpdateProfile changes a user's name and language; an empty one stays. Errors: identity.ErrInvalid, identity.ErrNotFound.
	UpdateProfile(ctx context.Context, id, name, locale string) error
	// AddAudit records one administrative act.
	AddAudit(ctx context.Context, row identity.AuditRow) error
}

// Chat is the conversations; *chat.Service is one. Errors: those of package
// chat, identity.ErrForbidden, identity.ErrNotFound.
type Chat interface {
	VisitorChat
	Votes
	Messages
	Desk
	Handling
	Helping
	Delivery
	Live
}

// VisitorChat is what only visitors do.
type VisitorChat interface {
	StartVisitor(ctx context.Context, req chat.StartRequest) (chat.Contact, chat.Conversation, error)
	RequestHuman(ctx context.Context, actor identity.Actor, conv, reason string) (chat.Conversation, error)
	LeaveEmail(ctx context.Context, actor identity.Actor, conv, email string) (chat.Conversation, error)
	QueuePosition(ctx context.Context, actor identity.Actor, conv string) (chat.QueuePosition, error)
	AgentsOnline(ctx context.Context, site, department int32) (int, error)
}

// Messages is reading and writing a conversation.
type Messages interface {
	Send(ctx context.Context, actor identity.Actor, m chat.Send) (chat.Row, chat.Conversation, error)
	Conversation(ctx context.Context, actor identity.Actor, id string) (chat.Conversation, error)
	History(ctx context.Context, actor identity.Actor, id string, after, before uint32, limit int) ([]chat.Row, error)
	MarkRead(ctx context.Context, actor identity.Actor, conv string, seq uint32) error
	Typing(ctx context.Context, actor identity.Actor, conv string, on bool) error
}

// Desk is the lists of agents and admins.
type Desk interface {
	Inbox(ctx context.Context, actor identity.Actor, q chat.InboxQuery) (chat.InboxPage, error)
	Unread(ctx context.Context, actor identity.Actor) (total int, items []chat.InboxItem, err error)
	Stats(ctx context.Context, actor identity.Actor) (chat.Stats, error)
	// Place returns where a conversation waits, from memory; false when it does not, or it is not known.
	Place(actor identity.Actor, conv string) (chat.QueuePosition, bool)
}

// Handling is how agents pass conversations among themselves.
type Handling interface {
	Claim(ctx context.Context, actor identity.Actor, conv string, epoch *uint32) (chat.Conversation, error)
	Transfer(ctx context.Context, actor identity.Actor, conv string, to chat.To, reason string) (chat.Conversation, error)
	Resolve(ctx context.Context, actor identity.Actor, conv string) (chat.Conversation, error)
	Reopen(ctx context.Context, actor identity.Actor, conv string) (chat.Conversation, error)
	// Requeue puts it back into the queue; the reason, which may be empty, is for colleagues.
	Requeue(ctx context.Context, actor identity.Actor, conv, reason string) (chat.Conversation, error)
}

// Helping is how agents ask one another to take part.
type Helping interface {
	// Invite asks an agent to take part in a conversation that stays where it is.
	Invite(ctx context.Context, actor identity.Actor, conv, agent, reason string) (chat.Conversation, error)
}

// Live follows a conversation.
type Live interface {
	Follow(ctx context.Context, actor identity.Actor, conv string, after uint32, sink chat.Sink) (lastSeq uint32, stop func(), err error)
	// FollowEnd is Follow for who has all rows, else chat.ErrBehind.
	FollowEnd(ctx context.Context, actor identity.Actor, conv string, after uint32, sink chat.Sink) (lastSeq uint32, stop func(), err error)
	// Post is Send without waiting, for plain messages.
	Post(actor identity.Actor, m chat.Send, done func(chat.Row, error)) bool
	LogEpoch() string
}

// Delivery is what people see of each other beside the rows.
type Delivery interface {
	// Mark notes how far the caller has a conversation's log; it only rises.
	Mark(ctx context.Context, actor identity.Actor, conv string, p chat.Progress) error
	// Marks returns how far the sides have it.
	Marks(ctx context.Context, actor identity.Actor, conv string) (chat.Marks, error)
	// Edit changes or removes an own message.
	Edit(ctx context.Context, actor identity.Actor, e chat.Edit) (chat.Row, error)
	// View says that an agent has a conversation on the screen until stop.
	View(ctx context.Context, actor identity.Actor, conv string) (stop func(), err error)
	// Mentions returns the newest notes that mention the caller, and how many are unread.
	Mentions(ctx context.Context, actor identity.Actor, limit int) (notes []chat.Mentioned, unread int, err error)
}

// Inboxes delivers the rows of every conversation within a scope, and what is
// for an agent as such; *chat.Hub is one.
type Inboxes interface {
	WatchInbox(scope identity.Scope, s chat.Sink) (stop func())
	// WatchDesk delivers presence of colleagues and offers to the agent.
	WatchDesk(agent identity.Actor, s chat.Sink) (stop func())
	// Viewing returns the conversations of a scope that agents have on the screen, with them.
	Viewing(scope identity.Scope) map[string][]chat.Author
}

// Offers are the router's offers to agents.
type Offers interface {
	// Offers returns the caller's open offers.
	Offers(ctx context.Context, actor identity.Actor) ([]chat.OfferSignal, error)
	// Answer takes or declines one, and returns how it ended. Errors: chat.ErrOfferEnded, identity.ErrNotFound.
	Answer(ctx context.Context, actor identity.Actor, id string, accept bool) (chat.OfferEndSignal, error)
}

// Presence says which agents are there; *chat.Presence is one. The server calls
// Connect, and Disconnect or SignOut, once for each socket.
type Presence interface {
	// Connect counts a socket of the agent in and returns their presence.
	Connect(ctx context.Context, agent identity.Actor) (string, error)
	// Disconnect counts it out; the agent goes offline after a grace period without another.
	Disconnect(agent identity.Actor)
	// SignOut counts out one that ended with a sign-out: without another the agent's conversations wait for somebody else at once.
	SignOut(agent identity.Actor)
	// Set stores the presence that the agent chose, and for colleagues why they are away. Errors: chat.ErrInvalid.
	Set(ctx context.Context, agent identity.Actor, presence, reason string) error
}

// Knowledge is the knowledge base; *kb.Service is one. Errors: those of package
// kb, identity.ErrForbidden.
type Knowledge interface {
	KnowledgeReader
	KnowledgeWriter
}

// KnowledgeReader reads articles.
type KnowledgeReader interface {
	List(ctx context.Context, actor identity.Actor, q kb.ListQuery) (kb.Page, error)
	Translations(ctx context.Context, actor identity.Actor, site int32, id string) ([]kb.Article, error)
	Export(ctx context.Context, actor identity.Actor, site int32, w io.Writer) error
}

// KnowledgeWriter changes articles.
type KnowledgeWriter interface {
	Save(ctx context.Context, actor identity.Actor, a kb.Article) (kb.Article, error)
	Archive(ctx context.Context, actor identity.Actor, site int32, id, locale string) error
	Import(ctx context.Context, actor identity.Actor, r io.Reader, opts kb.ImportOptions) (kb.ImportReport, error)
}

// Answerer decides a question as the bot would; *bot.Responder is one.
type Answerer interface {
	Decide(ctx context.Context, q bot.Question) (bot.Decision, error)
}

// Readiness knows whether the server can do its work; nil errors are healthy
// checks. The errors are logged, clients see the names only.
type Readiness interface {
	Checks() map[string]error
}

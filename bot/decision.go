package bot

import (
	"time"

	"frontdesk/chat"
	"frontdesk/kb"
)

// Action is what the bot does in a turn.
type Action string

// The actions.
const (
	ActionAnswer   Action = "answer"   // an article, verbatim
	ActionClarify  Action = "clarify"  // two or three articles to choose from
	ActionHandover Action = "handover" // to the queue
	ActionReply    Action = "reply"    // small talk, politely
)

// Reason says why a decision was taken; it is stored and shown to staff.
type Reason string

// The reasons.
const (
	ReasonConfident      Reason = "confident"       // answer: above the threshold
	ReasonExact          Reason = "exact_match"     // answer: the question is one of the article's
	ReasonChosen         Reason = "chosen"          // answer: the visitor pressed its button
	ReasonUnsure         Reason = "unsure"          // clarify
	ReasonRejected       Reason = "none_of_these"   // clarify or hand over: the visitor turned the offers down
	ReasonNoAnswer       Reason = "no_answer"       // hand over: nothing fits
	ReasonClarifyLimit   Reason = "clarify_limit"   // hand over: asked back often enough
	ReasonAskedForHuman  Reason = "asked_for_human" // hand over: in words or by button
	ReasonTooLong        Reason = "too_long"        // hand over: a story, not a question
	ReasonBotUnavailable Reason = "bot_unavailable" // hand over: search or model failed
	ReasonGreeting       Reason = "greeting"        // reply
	ReasonThanks         Reason = "thanks"          // reply
	ReasonGoodbye        Reason = "goodbye"         // reply
	ReasonAcknowledged   Reason = "acknowledged"    // reply
	ReasonIdentity       Reason = "identity"        // reply: asked whether it is a bot
	ReasonEmpty          Reason = "empty"           // reply: nothing to look up, such as an emoji
	ReasonChitchat       Reason = "chitchat"        // reply: small talk beyond greetings
	ReasonInjection      Reason = "injection"       // reply: orders to the bot about itself, or code
	ReasonInsult         Reason = "insult"          // reply, with a human offered: abuse is not looked up
	ReasonUpset          Reason = "upset"           // reply, with a human offered: anger without a question
	ReasonAngry          Reason = "angry"           // hand over: fury, legal threats, anger twice, or anger that no article answers
	ReasonUrgent         Reason = "urgent"          // hand over: danger to life or limb
	ReasonTopic          Reason = "topic"           // hand over: the article says that people take care of it
	ReasonRisk           Reason = "risk_topic"      // hand over: law, health, fraud, personal data
	ReasonLoop           Reason = "loop"            // hand over: the third turn of the visitor's that came to nothing
	ReasonEmail          Reason = "email"           // reply: an address was left
	ReasonAbsent         Reason = "nobody_online"   // reply: the conversation waits and nobody is there
	ReasonShadow         Reason = "shadow"          // hand over: the bot only watches, it says nothing
	ReasonOff            Reason = "bot_off"         // hand over: switched off here, or not for this conversation
)

// Question is what the bot is asked in a turn.
type Question struct {
	Site         int32
	Department   int32    // 0 = no department: articles of every department of the site
	Conversation string   // for logs; empty in the test bench
	Text         string   // the visitor's messages since the last answer, joined by line breaks
	Previous     []string // the visitor's earlier questions in this episode, oldest first
	Locale       string   // the visitor's language, "zh-CN" or "en", for texts that show none
	Button       string   // id of the pressed button; Text is then the question that the offer was for
	Rejected     []string // ids of articles offered or said in this episode and turned down
	Offered      bool     // a human was offered to an angry visitor in this episode
	Clarified    int      // how often the bot asked back in this episode
	Stalled      int      // how many turns of the visitor's came to nothing, in a row
	Said         string   // id of the article that was said last, unless the visitor has moved on since
	Also         string   // id of a second article that was chosen together with Button
	Audience     kb.Audience
}

// Decision is what the bot does and why.
type Decision struct {
	Action     Action
	Reason     Reason
	Locale     string        // language of Text
	Text       string        // what to say
	Source     *chat.Source  // of an answer
	Buttons    []chat.Button // under the text
	Confidence float64       // that the first candidate is right, 0–1
	Answerable float64       // that anything in the knowledge base answers, 0–1
	Candidates []kb.Candidate
	Mood       Mood    // how the visitor sounds
	Anger      float64 // the signal behind Mood, 0–1; one half counts
	Shadow     bool    // nothing of it is said: see [Decision.Shown]
	Cached     bool    // decided before, for the same question
	Trace      Trace
}

// Trace is how the decision came about, for "why did it say that?".
type Trace struct {
	Query       string         `json:"query"`               // what was searched, normalised
	Rewritten   string         `json:"rewritten,omitempty"` // in words that the knowledge base has
	Features    kb.Features    `json:"features"`
	Terms       []kb.QueryTerm `json:"terms"`
	Epoch       int64          `json:"kb_epoch"`
	Fingerprint string         `json:"model"`
	PairModel   string         `json:"pair_model,omitempty"` // fingerprint; empty = none was asked
	Policy      int64          `json:"policy,omitempty"`     // [Policy.Version] it was decided with
	Answer      float64        `json:"answer_threshold"`
	Clarify     float64        `json:"clarify_threshold"`
	Answerable  float64        `json:"answerable"` // below Clarify nothing is offered
	// AnswerLearnt says that Answer was learnt from the knowledge base, not configured.
	AnswerLearnt bool          `json:"answer_threshold_learnt"`
	Parts        []string      `json:"parts,omitempty"`     // the questions that a message was cut into
	Generated    string        `json:"generated,omitempty"` // what became of a rewording: "used" or "refused: why"; empty = none was asked for
	WithContext  bool          `json:"with_context"`        // searched together with the previous question
	EmbedTime    time.Duration `json:"embed_ns"`
	SearchTime   time.Duration `json:"search_ns"`
	FuseTime     time.Duration `json:"fuse_ns"`
	HeadTime     time.Duration `json:"head_ns"`
	PairTime     time.Duration `json:"pair_ns"`
	Total        time.Duration `json:"total_ns"`
}

// The ids of buttons; an article's is ButtonArticle followed by its id.
const (
	ButtonArticle = "article:"
	ButtonNone    = "none_of_these"
	ButtonHuman   = "human"
)

package bot

import (
	"fmt"
	"strings"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/calendar"
	"frontdesk/internal/text"
)

// phrases is everything the bot says by itself, in one language.
type phrases struct {
	greeting, thanks, goodbye, acknowledged, identity, empty string
	upset, insult, injection, chitchat                       string
	clarify, clarifyAgain, clarifyOne                        string // the last with the title's place
	otherLanguage                                            string // before an article in the other language
	email                                                    string // an address was left
	inWords                                                  string // a number of nothing was named
	none, notThis, human                                     string // buttons
	handover                                                 map[Reason]string
	handoverOther                                            string
	nobodyOnline, hours, backAt, queued                      string // follow the hand-over's reason
	urgentAbsent                                             string // danger, and nobody is there
	askEmail, haveEmail, goOn                                string
}

func phrasesFor(locale string) phrases {
	if locale == text.Chinese {
		return phrases{
			greeting:      "您好！我是智能助手（机器人），可以马上回答常见问题。请直接输入您想问的内容；需要人工客服时，说“转人工”就行。",
			thanks:        "不客气！还有其他问题，随时告诉我。",
			goodbye:       "再见，祝您生活愉快！有问题随时回来找我。",
			acknowledged:  "好的。还有其他问题，随时告诉我。",
			identity:      "我是智能助手（机器人），根据我们的帮助文章回答问题。想和真人沟通，随时可以转人工。",
			empty:         "我是智能助手，目前只能看懂文字。请用一句话告诉我您的问题，或者转人工客服。",
			upset:         "很抱歉给您带来不好的体验。请告诉我具体是什么问题，或者我马上为您转接人工客服。",
			insult:        "我知道您现在不太满意，抱歉没有帮到您。请告诉我遇到了什么问题，也可以直接转人工客服。",
			injection:     "我只能根据帮助文章回答问题，这个请求我无法处理。请直接告诉我您想了解什么。",
			chitchat:      "我是智能助手，只会回答和我们服务有关的问题。有什么想了解的，请直接问我。",
			clarify:       "您想问的是下面哪一个？",
			clarifyAgain:  "那么，是下面其中之一吗？",
			clarifyOne:    "您想问的是“%s”吗？",
			otherLanguage: "（这篇内容目前只有英文版。）",
			inWords:       "我不太确定您指的是什么。请用一句话告诉我您的问题，或者转人工客服。",
			email:         "谢谢，已记下您的邮箱。同事会通过这个邮箱答复您；您也可以继续在这里提问。",
			none:          "都不是",
			notThis:       "不是我想问的",
			human:         "转人工客服",
			handoverOther: "正在为您转接人工客服。",
			handover: map[Reason]string{
				ReasonAskedForHuman:  "好的，正在为您转接人工客服。",
				ReasonNoAnswer:       "这个问题我没有把握答对，正在为您转接人工客服。",
				ReasonClarifyLimit:   "我还是没能弄明白您的问题，正在为您转接人工客服。",
				ReasonRejected:       "抱歉没有帮到您，正在为您转接人工客服。",
				ReasonAngry:          "非常抱歉给您添麻烦了，我马上请人工客服来处理，正在为您转接。",
				ReasonUrgent:         "我马上请同事来处理，正在为您转接。如果有生命危险，请先远离危险，并立即拨打当地的急救、火警或报警电话。",
				ReasonTopic:          "这类问题由同事专门处理，正在为您转接人工客服。",
				ReasonRisk:           "这件事需要同事亲自处理，正在为您转接人工客服。",
				ReasonLoop:           "看来我一直没有帮到您，不再让您重复了，正在为您转接人工客服。",
				ReasonTooLong:        "您说得很详细，请人工客服来看更合适，正在为您转接。",
				ReasonBotUnavailable: "智能助手暂时无法回答，正在为您转接人工客服。",
			},
			nobodyOnline: "现在没有客服在线。",
			urgentAbsent: "如果有生命危险，请先远离危险，并立即拨打当地的急救、火警或报警电话。",
			hours:        "服务时间：%s。",
			backAt:       "下次上线：%s。",
			queued:       "您的问题已经排队，客服上线后会尽快回复。",
			askEmail:     "把邮箱发在这里，我们也可以通过邮件答复您。",
			haveEmail:    "我们也会通过您的邮箱答复您。",
			goOn:         "等待期间，其他问题可以继续问我。",
		}
	}
	return phrases{
		greeting:      "Hello! I'm a bot and can answer common questions right away. Just type your question; to reach a person, say \"talk to a human\".",
		thanks:        "You're welcome! If there is anything else, just ask.",
		goodbye:       "Goodbye, and have a nice day! Come back any time.",
		acknowledged:  "All right. If there is anything else, just ask.",
		identity:      "I'm a bot: I answer from our help articles. You can talk to a human whenever you like.",
		empty:         "I'm a bot and can only read words so far. Please tell me your question in a sentence, or talk to a human.",
		upset:         "I'm sorry that this has been a bad experience. Please tell me what went wrong, or I'll pass you on to a colleague right away.",
		insult:        "I can see that you're not happy, and I'm sorry that I haven't helped. Tell me what the problem is, or talk to a human.",
		injection:     "I can only answer questions from our help articles, so I can't do that. What would you like to know?",
		chitchat:      "I'm a bot and only know about our services. Ask me anything about those.",
		clarify:       "Which of these do you mean?",
		clarifyAgain:  "Is it one of these, then?",
		clarifyOne:    "Do you mean “%s”?",
		otherLanguage: "(I have this in Chinese only.)",
		inWords:       "I'm not sure what you mean by that. Please tell me your question in a sentence, or talk to a human.",
		email:         "Thank you, I have noted your e-mail address. A colleague will answer you there; you can also go on asking here.",
		none:          "None of these",
		notThis:       "Not what I asked",
		human:         "Talk to a human",
		handoverOther: "I'm passing you on to a colleague.",
		handover: map[Reason]string{
			ReasonAskedForHuman:  "Of course. I'm passing you on to a colleague.",
			ReasonNoAnswer:       "I'm not sure that I would answer this correctly, so I'm passing you on to a colleague.",
			ReasonClarifyLimit:   "I still haven't understood your question, so I'm passing you on to a colleague.",
			ReasonRejected:       "I'm sorry that this didn't help. I'm passing you on to a colleague.",
			ReasonAngry:          "I'm very sorry about this. A colleague will take care of it; I'm passing you on right away.",
			ReasonUrgent:         "A colleague is taking over at once. If anyone is in danger, get to safety and call your local emergency number right now.",
			ReasonTopic:          "A colleague takes care of this. I'm passing you on.",
			ReasonRisk:           "This is something for a colleague to look after, so I'm passing you on.",
			ReasonLoop:           "We are going round in circles, and I don't want to waste your time. I'm passing you on to a colleague.",
			ReasonTooLong:        "Thank you for all the details. A colleague should read this; I'm passing you on.",
			ReasonBotUnavailable: "The bot can't answer at the moment, so I'm passing you on to a colleague.",
		},
		nobodyOnline: "Nobody is online right now.",
		urgentAbsent: "If anyone is in danger, get to safety and call your local emergency number right now.",
		hours:        "Our hours are %s.",
		backAt:       "We are back %s.",
		queued:       "Your question is in the queue, and we will answer as soon as we are back.",
		askEmail:     "Send me your e-mail address here and we can also answer you by mail.",
		haveEmail:    "We will also answer you at your e-mail address.",
		goOn:         "Meanwhile you can go on asking me.",
	}
}

// handoverText is the visible line of a hand-over.
func (p phrases) handoverText(reason Reason) string {
	if s, ok := p.handover[reason]; ok {
		return s
	}
	return p.handoverOther
}

// absence is what is told to a visitor whose conversation waits while nobody is there.
type absence struct {
	hours *calendar.Hours // nil = not known
	now   time.Time
	email bool // an address is known
	goOn  bool // the bot answers meanwhile
}

// reachable reports whether an answer can be sent to the visitor: to the address that they left, or that their contact has.
func reachable(head chat.Conversation) bool { return head.Email != "" || head.Contact.Email != "" }

// absentText tells that nobody is there, when somebody will be, and what can be
// done until then.
func absentText(locale string, a absence) string {
	p := phrasesFor(locale)
	parts := []string{p.nobodyOnline}
	if a.hours != nil {
		if next := a.hours.NextWords(locale, a.now); next != "" {
			parts = append(parts, fmt.Sprintf(p.backAt, next))
		}
		if week := a.hours.Words(locale, a.now); week != "" {
			parts = append(parts, fmt.Sprintf(p.hours, week))
		}
	}
	parts = append(parts, p.queued)
	if a.email {
		parts = append(parts, p.haveEmail)
	} else {
		parts = append(parts, p.askEmail)
	}
	if a.goOn {
		parts = append(parts, p.goOn)
	}
	return joined(locale, parts...)
}

// joined puts sentences together as the language does.
func joined(locale string, sentences ...string) string {
	if locale == text.Chinese {
		return strings.Join(sentences, "")
	}
	return strings.Join(sentences, " ")
}

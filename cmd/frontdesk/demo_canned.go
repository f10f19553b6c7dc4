package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"frontdesk/bot"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
	"frontdesk/internal/text"
)

// demoCanned returns the demo's canned replies: shortcut, title, Chinese, English.
func demoCanned() [][4]string {
	return [][4]string{
		{"hello", "Greeting · 问候", "您好{{visitor.name}}，我是{{agent.name}}，很高兴为您服务。", "Hello {{visitor.name}}, I am {{agent.name}}. How can I help?"},
		{"looking", "Looking it up · 正在查询", "我正在帮您查询，请稍等两分钟。", "I am looking it up for you; it takes about two minutes."},
		{"order-number", "Ask for the order number · 询问订单号", "方便提供一下订单号吗？在确认邮件里可以找到。", "Could you tell me the order number? It is in the confirmation mail."},
		{"mail-later", "We write by mail · 邮件回复", "这件事需要同事确认，我们会在一个工作日内通过邮件回复您：{{visitor.email}}", "A colleague has to look into this; we will write to you within one working day: {{visitor.email}}"},
		{"anything-else", "Anything else? · 还有其他问题吗", "还有其他可以帮您的吗？", "Is there anything else that I can do for you?"},
	}
}

// seedCanned puts the demo's canned replies at a site; those that an earlier, cut off start has put stay.
func seedCanned(ctx context.Context, s *stack, site int32) error {
	canned, err := bot.NewCannedReplies(postgres.NewSuggest(s.pool), nil, time.Now)
	if err != nil {
		return err
	}
	for _, c := range demoCanned() {
		_, err := canned.Put(ctx, identity.System(), bot.Canned{Site: site, Shortcut: c[0], Title: c[1], Texts: map[string]string{text.Chinese: c[2], text.English: c[3]}})
		if err != nil && !errors.Is(err, bot.ErrShortcutTaken) {
			return fmt.Errorf("add the demo's canned replies: %w", err)
		}
	}
	return nil
}

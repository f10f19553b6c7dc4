package main

import (
	"frontdesk/bot"
	"frontdesk/models"
	"frontdesk/models/signals"
)

// gateSignals is the bundled model as the bot's [bot.Signals].
type gateSignals struct{ model *signals.Model }

var _ bot.Signals = gateSignals{}

// newSignals loads the bundled model and proves it by its golden texts.
func newSignals() (gateSignals, error) {
	files, err := models.DefaultSignals()
	if err != nil {
		return gateSignals{}, err
	}
	m, err := signals.Load(files)
	return gateSignals{m}, err
}

// Read implements [bot.Signals].
func (g gateSignals) Read(message string) bot.Reading {
	s := g.model.Read(message)
	return bot.Reading{
		Handover: s[signals.Handover], Anger: s[signals.Anger], Pleased: s[signals.Pleased], Insult: s[signals.Insult],
		Injection: s[signals.Injection], Chitchat: s[signals.Chitchat], Pinyin: s[signals.Pinyin], Foreign: s[signals.Foreign],
		Greeting: s[signals.Greeting], Goodbye: s[signals.Goodbye], Acknowledged: s[signals.Acknowledged], Identity: s[signals.Identity],
		Withdrawn: s[signals.Withdrawn],
	}
}

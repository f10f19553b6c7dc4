package web

import (
	"context"
	"errors"
	"time"

	"frontdesk/bot"
	"frontdesk/internal/calendar"
)

// errNoDesk says that this server was built without the bot's desk.
var errNoDesk = errors.New("the bot's desk is not there")

// BotSetting is how the bot behaves at a site.
type BotSetting struct {
	Version           int64                 `json:"version" doc:"Send it back when saving; refused with conflict when somebody else saved since. 0 = nothing is set yet"`
	Mode              bot.Mode              `json:"mode" enum:"live,shadow,off" doc:"shadow: decides and stores why, says nothing; off: straight to people"`
	Percent           int                   `json:"percent" doc:"Of conversations that the bot serves; the rest goes straight to people"`
	Answer            float64               `json:"answer" doc:"Least confidence to answer with; 0 = configured or learnt"`
	Clarify           float64               `json:"clarify" doc:"Least probability that anything answers; 0 = configured or learnt"`
	MaxClarifications int                   `json:"max_clarifications" doc:"0 = configured"`
	Suggest           float64               `json:"suggest" doc:"Least confidence of a suggested reply; 0 = the default"`
	Generator         bool                  `json:"generator" doc:"A text generator may reword answers"`
	GateOn            bool                  `json:"gate_on" doc:"Working copies are published from the console only after a replay"`
	GateWorse         float64               `json:"gate_worse" doc:"Per cent of the replayed answers that may change for the worse"`
	Hours             OrNull[calendar.Spec] `json:"hours" doc:"Business hours; null = not known"`
	UpdatedAt         *time.Time            `json:"updated_at" nullable:"true"`
	Configured        BotConfigured         `json:"configured" doc:"What the installation sets, where the site sets nothing"`
}

// BotConfigured is what the installation sets.
type BotConfigured struct {
	Answer            float64 `json:"answer" doc:"0 = learnt from the articles"`
	Clarify           float64 `json:"clarify" doc:"0 = learnt from the articles"`
	MaxClarifications int     `json:"max_clarifications"`
}

func (s *Server) botSettingOf(p bot.Policy) BotSetting {
	t := s.cfg.BotDesk.Thresholds
	out := BotSetting{
		Version: p.Version, Mode: p.Mode, Percent: p.Percent, Answer: p.Answer, Clarify: p.Clarify, MaxClarifications: p.MaxClarifications,
		Suggest: p.Suggest, Generator: p.Generator, GateOn: p.GateOn, GateWorse: p.GateWorse, UpdatedAt: timeOrNull(p.UpdatedAt),
		Configured: BotConfigured{Answer: t.Answer, Clarify: t.Clarify, MaxClarifications: t.MaxClarifications},
	}
	if p.Hours != nil {
		spec := p.Hours.Spec()
		out.Hours.Value = &spec
	}
	return out
}

func (s *Server) botSetting(ctx context.Context, in *SiteQuery) (*jsonBody[BotSetting], error) {
	if s.cfg.BotDesk.Settings == nil {
		return nil, errNoDesk
	}
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	p, err := s.cfg.BotDesk.Settings.Get(ctx, callerOf(ctx).actor, site)
	if err != nil {
		return nil, err
	}
	return body(s.botSettingOf(p), nil)
}

type botSettingInput struct {
	SiteQuery
	Body struct {
		Version           int64          `json:"version" minimum:"0"`
		Mode              bot.Mode       `json:"mode" enum:"live,shadow,off"`
		Percent           int            `json:"percent" minimum:"0" maximum:"100"`
		Answer            float64        `json:"answer" minimum:"0" maximum:"1"`
		Clarify           float64        `json:"clarify" minimum:"0" maximum:"1"`
		MaxClarifications int            `json:"max_clarifications" minimum:"0" maximum:"5"`
		Suggest           float64        `json:"suggest" minimum:"0" maximum:"1"`
		Generator         bool           `json:"generator"`
		GateOn            bool           `json:"gate_on"`
		GateWorse         float64        `json:"gate_worse" minimum:"0" maximum:"100"`
		Hours             *calendar.Spec `json:"hours,omitempty"`
	}
}

func (s *Server) saveBotSetting(ctx context.Context, in *botSettingInput) (*jsonBody[BotSetting], error) {
	if s.cfg.BotDesk.Settings == nil {
		return nil, errNoDesk
	}
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	p := bot.Policy{
		Version: b.Version, Mode: b.Mode, Percent: b.Percent, Answer: b.Answer, Clarify: b.Clarify, MaxClarifications: b.MaxClarifications,
		Suggest: b.Suggest, Generator: b.Generator, GateOn: b.GateOn, GateWorse: b.GateWorse,
	}
	if b.Hours != nil {
		if p.Hours, err = calendar.New(*b.Hours); err != nil {
			return nil, err //nolint:wrapcheck // names the field
		}
	}
	saved, err := s.cfg.BotDesk.Settings.Save(ctx, callerOf(ctx).actor, site, p)
	if err != nil {
		return nil, err
	}
	return body(s.botSettingOf(saved), nil)
}

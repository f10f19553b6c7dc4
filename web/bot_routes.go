package web

import (
	"net/http"

	"frontdesk/internal/identity"
)

// botRoutes are those of the bot's desk: settings, test bench, why, replay.
func (s *Server) botRoutes() {
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	add(s, post, "/api/admin/kb/ask", identity.PermKBRead, "What the bot would answer, and why", s.ask)
	add(s, get, "/api/agent/conversations/{id}/why/{seq}", identity.PermBotTrace, "Why the bot said what it said in this row", s.why)
	add(s, get, "/api/admin/bot/settings", identity.PermBotAdmin, "How the bot behaves at a site", s.botSetting)
	add(s, put, "/api/admin/bot/settings", identity.PermBotAdmin, "Change how the bot behaves", s.saveBotSetting)
	add(s, get, "/api/admin/bot/curves", identity.PermBotAdmin, "What each threshold would do to measured questions", s.botCurves)
	add(s, get, "/api/admin/bot/drafts", identity.PermBotAdmin, "Working copies that a replay can take", s.botDrafts)
	add(s, get, "/api/admin/bot/questions", identity.PermBotAdmin, "Saved questions", s.savedQuestions)
	add(s, post, "/api/admin/bot/questions", identity.PermBotAdmin, "Save a question and what is right for it", s.saveQuestion)
	add(s, del, "/api/admin/bot/questions/{id}", identity.PermBotAdmin, "Delete a saved question", s.dropQuestion)
	s.plain(post, "/api/admin/bot/questions/import", identity.PermBotAdmin, s.importQuestions)
	s.plain(get, "/api/admin/bot/questions/export", identity.PermBotAdmin, s.exportQuestions)
	add(s, get, "/api/admin/bot/runs", identity.PermBotAdmin, "Runs over past and saved questions", s.botRuns)
	add(s, post, "/api/admin/bot/runs", identity.PermBotAdmin, "Replay past turns, or run the saved questions", s.addBotRun)
	add(s, get, "/api/admin/bot/runs/{id}", identity.PermBotAdmin, "One run", s.botRun)
	add(s, post, "/api/admin/bot/runs/{id}/cancel", identity.PermBotAdmin, "End a run", s.cancelBotRun)
	add(s, get, "/api/admin/bot/runs/{id}/rows", identity.PermBotAdmin, "What a run found", s.botRunRows)
}

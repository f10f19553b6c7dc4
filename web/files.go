package web

import (
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// UploadedFile is an image or attachment that articles may show.
type UploadedFile struct {
	ID        string `json:"id"`
	URL       string `json:"url"`
	Markdown  string `json:"markdown" doc:"To be put into an answer: an image, or a link"`
	Name      string `json:"name"`
	MediaType string `json:"media_type"`
	Bytes     int64  `json:"bytes"`
	Inline    bool   `json:"inline" doc:"An image that is shown; anything else is offered for saving"`
	Width     int    `json:"width"`
	Height    int    `json:"height"`
}

// uploadFile stores an image or attachment.
func (s *Server) uploadFile(w http.ResponseWriter, r *http.Request) {
	ctx, actor, query := r.Context(), callerOf(r.Context()).actor, r.URL.Query()
	site, err := s.kbSite(ctx, query.Get("site"))
	if err == nil && s.cfg.Files == nil {
		err = errNoImports
	}
	if err != nil {
		s.writeProblem(w, r, err)
		return
	}
	control := http.NewResponseController(w)
	r.Body = http.MaxBytesReader(w, r.Body, kb.MaxFileBytes+1) // one more than it may be: kb names the limit in its own words
	f, err := s.cfg.Files.Upload(ctx, actor, site, query.Get("name"), importReader{r, control})
	if err != nil {
		s.writeProblem(w, r, err)
		return
	}
	s.audit(ctx, actor, "kb.file", f.ID, site)
	if err := control.SetWriteDeadline(time.Now().Add(importStall)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		s.log.WarnContext(ctx, "set deadline", "error", err)
	}
	s.writeJSON(w, r, http.StatusCreated, UploadedFile{
		ID: f.ID, URL: f.Address(), Markdown: f.Markdown(), Name: f.Name, MediaType: f.MediaType, Bytes: f.Bytes, Inline: f.Inline(), Width: f.Width, Height: f.Height,
	})
}

// articleFile serves an image or attachment to whoever may read an article that
// shows it. The content was written by somebody: nothing in it may run here.
func (s *Server) articleFile(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	if s.cfg.Files == nil {
		s.writeProblem(w, r, kb.ErrNotFound)
		return
	}
	var actor identity.Actor
	if token := callerOf(ctx).cookie; token != "" { // staff; one who is not signed in any more is a visitor
		if session, err := s.cfg.Sessions.Open(ctx, token); err == nil {
			actor = session.User.Actor()
		} else if !errors.Is(err, identity.ErrUnauthenticated) {
			s.writeProblem(w, r, err)
			return
		}
	}
	f, content, err := s.cfg.Files.Open(ctx, actor, chi.URLParam(r, "id"))
	if err != nil {
		s.writeProblem(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.MediaType)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("ETag", `"`+hex.EncodeToString(f.SHA256[:16])+`"`)
	// Not for shared caches, and not for long: the article may be unpublished, or become staff's alone.
	h.Set("Cache-Control", "private, max-age=300")
	kind := "attachment"
	if f.Inline() {
		kind = "inline"
	}
	h.Set("Content-Disposition", mime.FormatMediaType(kind, map[string]string{"filename": f.Name}))
	if h.Get("Content-Disposition") == "" {
		h.Set("Content-Disposition", fmt.Sprintf("%s; filename=%q", kind, f.ID))
	}
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(2 * time.Minute)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		s.log.WarnContext(ctx, "set deadline", "error", err)
	}
	http.ServeContent(w, r, "", f.CreatedAt, content)
}

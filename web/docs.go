package web

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"frontdesk/internal/identity"
)

//go:embed static/docs.html
var docsHTML []byte

//go:embed static/docs.js
var docsJS []byte

// openAPI serves the description of the API, made from the code.
func (s *Server) openAPI(w http.ResponseWriter, r *http.Request) {
	raw, err := json.Marshal(s.api.OpenAPI())
	if err != nil {
		s.writeProblem(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/vnd.oai.openapi+json;version=3.1")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(raw) // a client that went away
}

// docsPage shows the description; it loads nothing from elsewhere.
func (s *Server) docsPage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(docsHTML) // a client that went away
}

func (s *Server) docsScript(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(docsJS) // a client that went away
}

// documentPlainRoutes describes the routes that huma does not handle.
func (s *Server) documentPlainRoutes() {
	text := func(name, doc string) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: doc, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	problem := map[string]*huma.Response{"default": {
		Description: "Error",
		Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}}},
	}}
	file := func(doc string, types ...string) map[string]*huma.Response {
		out := map[string]*huma.Response{"200": {Description: doc, Content: map[string]*huma.MediaType{}}, "default": problem["default"]}
		for _, t := range types {
			out["200"].Content[t] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
		}
		return out
	}
	lines := &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/x-ndjson": {Schema: &huma.Schema{Type: huma.TypeString, Description: `One article a line: {"id","title","locale","questions":[…],"answer","tags":[…]}`}},
	}}
	upload := &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
	for _, op := range []*huma.Operation{
		{
			Method: http.MethodGet, Path: "/api/admin/export-sessions", Summary: "Conversations with their logs, streamed", Tags: []string{"admin"},
			Parameters: []*huma.Param{text("format", "jsonl (default) or csv"), text("from", "Created at or after, RFC 3339"), text("to", "Created before")},
			Responses:  file("The file", "application/x-ndjson", "text/csv"),
		},
		{
			Method: http.MethodGet, Path: "/api/admin/reports/bot.csv", Summary: "The report as a table", Tags: []string{"admin"},
			Parameters: []*huma.Param{
				text("site", "The site's key"), text("department", "Its id; 0 = all in scope"), text("locale", "zh-CN or en"),
				text("from", "Inclusive, RFC 3339; without it 28 days before to"), text("to", "Exclusive; without it now"),
			},
			Responses: file("The file", "text/csv"),
		},
		{
			Method: http.MethodPost, Path: "/api/admin/kb/import", Summary: "Import articles, all or nothing", Tags: []string{"knowledge base"},
			Parameters: []*huma.Param{text("site", "The site's key"), text("dry_run", "true only checks")}, RequestBody: lines,
			Responses: file("What was imported: {lines, added, changed, unchanged, dry_run}", "application/json"),
		},
		{
			Method: http.MethodGet, Path: "/api/admin/kb/export", Summary: "All articles, streamed", Tags: []string{"knowledge base"},
			Parameters: []*huma.Param{text("site", "The site's key"), text("format", "jsonl (default), csv, xlsx or markdown (a zip)")},
			Responses:  file("The file", "application/x-ndjson", "text/csv", "application/zip", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
		},
		{
			Method: http.MethodPost, Path: "/api/admin/kb/imports", Summary: "Import a file of any format in the background", Tags: []string{"knowledge base"},
			Description: "The body is the file. What it is is found from its content and name. JSONL, CSV, XLSX and Markdown are published, all or nothing; from HTML, PDF and DOCX working copies are made.",
			Parameters: []*huma.Param{
				text("site", "The site's key"), text("name", "The file's name"), text("format", "jsonl, csv, xlsx, markdown, html, pdf or docx; absent = found by itself"),
				text("dry_run", "true only checks; apply does the rest"), text("drafts", "true makes working copies of what would be published"),
			},
			RequestBody: upload, Responses: file("The import, which waits (202); GET /api/admin/kb/imports/{id} tells how far it is", "application/json"),
		},
		{
			Method: http.MethodPost, Path: "/api/admin/kb/files", Summary: "Upload an image or attachment of articles", Tags: []string{"knowledge base"},
			Description: "The body is the file, up to 10 MB. PNG, JPEG, GIF and WebP are shown in answers, anything else is offered for saving.",
			Parameters:  []*huma.Param{text("site", "The site's key"), text("name", "The file's name")},
			RequestBody: upload, Responses: file("{id, url, markdown, name, media_type, bytes, inline, width, height} (201)", "application/json"),
		},
		{
			Method: http.MethodGet, Path: "/kb-files/{id}", Summary: "An image or attachment", Tags: []string{"knowledge base"},
			Description: "For whoever may read a published article that shows it; staff of the site may read all.",
			Parameters:  []*huma.Param{{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}},
			Responses:   file("The file", "image/*", "application/pdf"),
		},
		{
			Method: http.MethodPost, Path: "/api/admin/bot/questions/import", Summary: "Import test questions, all or nothing", Tags: []string{"admin"},
			Description: "The file of frontdesk eval: expected, a tab, the question; a line \"# word\" names the group of those that follow.",
			Parameters:  []*huma.Param{text("site", "The site's key")},
			RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"text/tab-separated-values": {Schema: &huma.Schema{Type: huma.TypeString}}}},
			Responses:   file("{read, added}", "application/json"),
		},
		{
			Method: http.MethodGet, Path: "/api/admin/bot/questions/export", Summary: "All test questions as the file of frontdesk eval", Tags: []string{"admin"},
			Description: "X-Left-Out says how many have previous questions, a department or an audience, for which the file has no place.",
			Parameters:  []*huma.Param{text("site", "The site's key")}, Responses: file("The file", "text/tab-separated-values"),
		},
		{Method: http.MethodGet, Path: "/healthz", Summary: "The process answers", Tags: []string{"operations"}, Responses: file("Yes", "application/json")},
		{Method: http.MethodGet, Path: "/readyz", Summary: "The server can do its work; 503 when not", Tags: []string{"operations"}, Responses: file("Yes", "application/json")},
		{Method: http.MethodGet, Path: "/metrics", Summary: "Prometheus metrics", Tags: []string{"operations"}, Responses: file("Text format", "text/plain")},
	} {
		s.describe(op, s.declared[op.Method+" "+op.Path])
	}
}

// describe adds a route that huma does not handle to the description.
func (s *Server) describe(op *huma.Operation, p identity.Permission) {
	op.OperationID = operationID(op.Method, op.Path)
	op.Security = security(op.Method, p)
	op.Metadata = map[string]any{permissionKey: p}
	if p != identity.PermPublic {
		op.Description = strings.TrimSpace(op.Description + " Permission: `" + string(p) + "`.")
	}
	s.api.OpenAPI().AddOperation(op)
}

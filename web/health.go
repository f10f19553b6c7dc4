package web

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// healthz says that the process answers.
func (s *Server) healthz(w http.ResponseWriter, r *http.Request) {
	s.writeJSON(w, r, http.StatusOK, map[string]string{"status": "ok"})
}

// readiness is the answer of /readyz: which checks there are and which fail,
// but not why; the log has that.
type readiness struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks"`
}

// readyz says whether the server can do its work: 200, or 503 with the checks
// that fail. It asks nobody; the probes run on their own.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	out, status := readiness{Status: "ready", Checks: map[string]string{}}, http.StatusOK
	for name, err := range s.checks() {
		out.Checks[name] = "ok"
		if err != nil {
			out.Checks[name] = "failed"
			out.Status, status = "unready", http.StatusServiceUnavailable
		}
	}
	if s.sockets.leaving() {
		out.Checks["server"] = "stopping"
		out.Status, status = "unready", http.StatusServiceUnavailable
	}
	s.writeJSON(w, r, status, out)
}

// metricsHandler shows everything in the registry. Operators who open the port
// to the world set MetricsToken.
func (s *Server) metricsHandler() http.HandlerFunc {
	return promhttp.HandlerFor(s.cfg.Registry, promhttp.HandlerOpts{}).ServeHTTP
}

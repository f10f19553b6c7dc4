package web

import (
	"net/http"
	"runtime"

	"frontdesk/models"
)

// TEIInfo is what TEI's GET /info says (router/src/lib.rs, Info), about the embedding model; Models and Rerank are ours.
type TEIInfo struct {
	ModelID               string         `json:"model_id" example:"frontdesk-static-zh-en"`
	ModelSHA              *string        `json:"model_sha" nullable:"true" doc:"Commit on the hub that it was pulled from"`
	ModelDtype            string         `json:"model_dtype" doc:"What vectors and scores are computed in" example:"float32"`
	ModelType             map[string]any `json:"model_type" doc:"{\"embedding\": {\"pooling\": …}}"`
	MaxConcurrentRequests int            `json:"max_concurrent_requests"`
	MaxInputLength        int            `json:"max_input_length" doc:"Tokens of a text, special tokens included"`
	MaxBatchTokens        int            `json:"max_batch_tokens" doc:"Padded tokens of one run"`
	MaxBatchRequests      *int           `json:"max_batch_requests" nullable:"true"`
	MaxClientBatchSize    int            `json:"max_client_batch_size" doc:"Texts of one request"`
	AutoTruncate          bool           `json:"auto_truncate" doc:"Always false: a text that is too long is refused unless truncate is sent"`
	TokenizationWorkers   int            `json:"tokenization_workers"`
	Version               string         `json:"version"`
	SHA                   *string        `json:"sha" nullable:"true"`
	DockerLabel           *string        `json:"docker_label" nullable:"true"`
	Rerank                TEIRerankInfo  `json:"rerank"`
	Models                []OpenAIModel  `json:"models" nullable:"false" doc:"All that are in use"`
}

// TEIRerankInfo says what answers /rerank.
type TEIRerankInfo struct {
	ModelID string `json:"model_id"`
	Method  string `json:"method" enum:"pairs,cosine" doc:"pairs: a reranker reads query and text together; cosine: of the embedding model's vectors"`
}

// teiInfo answers GET /info.
func (s *Server) teiInfo(w http.ResponseWriter, r *http.Request) {
	info, ok := s.inUse(models.TaskEmbed)
	if !ok {
		s.writeProblem(w, r, &noModelError{reason: "no embedding model is in use"})
		return
	}
	m := info.Manifest
	out := TEIInfo{
		ModelID: m.Name, ModelDtype: "float32", ModelType: map[string]any{"embedding": map[string]string{"pooling": m.Pooling}},
		MaxConcurrentRequests: maxInferenceRequests, MaxInputLength: m.MaxTokens.Passage, MaxBatchTokens: s.cfg.MaxBatchTokens,
		MaxClientBatchSize: s.cfg.MaxClientBatch, TokenizationWorkers: runtime.GOMAXPROCS(0), Version: s.cfg.Version,
		Rerank: TEIRerankInfo{ModelID: m.Name, Method: "cosine"}, Models: s.openAIModels().Data,
	}
	if m.Source != nil {
		out.ModelSHA = &m.Source.Revision
	}
	if reranker, ok := s.inUse(models.TaskRerank); ok {
		out.Rerank = TEIRerankInfo{ModelID: reranker.Manifest.Name, Method: "pairs"}
	}
	s.writeJSON(w, r, http.StatusOK, out)
}

// teiHealth answers GET /health: 200 without a body while the model answers, from the readiness probe's last result.
func (s *Server) teiHealth(w http.ResponseWriter, r *http.Request) {
	if s.cfg.Inference == nil || s.checks()["inference"] != nil || s.sockets.draining() {
		s.writeJSON(w, r, http.StatusServiceUnavailable, TEIError{Error: "unhealthy", ErrorType: teiUnhealthy})
		return
	}
	w.WriteHeader(http.StatusOK)
}

package web

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"

	"frontdesk/models"
)

// embeddings answers OpenAI's POST /v1/embeddings. Texts get no prefix of the model's: the protocol has no word for what
// a text is, so who wants one writes it. A text that is too long is refused, as OpenAI does.
func (s *Server) embeddings(ctx context.Context, c *modelCall) error {
	in, err := readModelInput(c.body.Input, "input", maxOpenAITexts)
	if err != nil {
		return err
	}
	name, err := word(c.body.Model, "model")
	if err != nil {
		return err
	}
	cut, err := c.body.truncation() // not OpenAI's: an addition, so that long texts need no tokenizer on the client's side
	if err != nil {
		return err
	}
	format, err := word(c.body.EncodingFormat, "encoding_format")
	if err != nil {
		return err
	}
	if format != "" && format != "float" && format != "base64" {
		return fault(faultField, "encoding_format", "must be float or base64")
	}
	res, err := s.embedNamed(ctx, c, name, in, models.EmbedRequest{Texts: in.texts, TokenIDs: in.ids, NoPrefix: true, Cut: cut})
	if err != nil {
		return err
	}
	tokens := sum(res.Tokens)
	c.charge(tokens)
	raw, err := openAIVectors(res, format == "base64", tokens)
	if err != nil {
		return &engineError{err}
	}
	c.costs(work{characters: countCharacters(in.texts), tokens: tokens, times: res.Times})
	c.w.Header().Set("openai-processing-ms", strconv.FormatInt(s.clock().Sub(c.began).Milliseconds(), 10))
	c.answerJSON(raw)
	return nil
}

// embedNamed embeds with the model that the client means. One that was replaced since it was looked up is looked up
// again: an alias then means the next one.
func (s *Server) embedNamed(ctx context.Context, c *modelCall, name string, in textInput, req models.EmbedRequest) (models.EmbedResult, error) {
	for {
		info, err := s.embeddingModel(name)
		if err != nil {
			return models.EmbedResult{}, err
		}
		req.Model = info.Manifest.Name
		if req.Dims, err = c.body.dimensions(info.Manifest); err != nil {
			return models.EmbedResult{}, err
		}
		if err := c.reserve(in.estimate(info.Manifest.MaxTokens.Passage)); err != nil {
			return models.EmbedResult{}, err
		}
		res, err := s.cfg.Inference.Embed(ctx, req)
		if errors.Is(err, models.ErrNoModel) && !s.serves(req.Model, models.TaskEmbed) {
			continue
		}
		if err != nil {
			return res, inputError(err, func(e *models.TextError) string { return in.name("input", e.Index) }, adviceCut)
		}
		return res, nil
	}
}

// serves reports whether the model of this name is the one in use for a task.
func (s *Server) serves(name, task string) bool {
	info, ok := s.inUse(task)
	return ok && info.Manifest.Name == name
}

// embeddingModel returns the embedding model in use if it is meant by name: its own, or one that the operator says
// stands for it, so that a client whose model is wired in works as it is.
func (s *Server) embeddingModel(name string) (models.Info, error) {
	info, ok := s.inUse(models.TaskEmbed)
	switch {
	case !ok:
		return info, &noModelError{reason: "no embedding model is in use"}
	case name == "":
		return info, fault(faultField, "model", "is missing; send %q", info.Manifest.Name)
	case name != info.Manifest.Name && !slices.Contains(s.cfg.ModelAliases, name):
		return info, &noModelError{param: "model", reason: fmt.Sprintf("the model that was asked for is not in use for embeddings; %q is", info.Manifest.Name)}
	}
	return info, nil
}

var errNotFinite = errors.New("the engine gave a number that is not finite")

// openAIVectors writes the answer by hand: 2,048 vectors are half a million numbers.
func openAIVectors(res models.EmbedResult, encoded bool, tokens int) ([]byte, error) {
	size := 256
	for _, v := range res.Vectors {
		size += 64 + 13*len(v)
	}
	out := append(make([]byte, 0, size), `{"object":"list","data":[`...)
	var err error
	for i, v := range res.Vectors {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"object":"embedding","index":`...)
		out = strconv.AppendInt(out, int64(i), 10)
		out = append(out, `,"embedding":`...)
		if encoded {
			out, err = appendBase64(out, v)
		} else {
			out, err = appendVector(out, v)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, '}')
	}
	name, err := json.Marshal(res.Model)
	if err != nil {
		return nil, err //nolint:wrapcheck // cannot happen: a string
	}
	return fmt.Appendf(out, `],"model":%s,"usage":{"prompt_tokens":%d,"total_tokens":%d}}`, name, tokens, tokens), nil
}

// appendVector writes numbers as JSON, the shortest that read back as the same float32.
func appendVector(out []byte, v []float32) ([]byte, error) {
	out = append(out, '[')
	for i, x := range v {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return nil, errNotFinite
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendFloat(out, float64(x), 'g', -1, 32)
	}
	return append(out, ']'), nil
}

// appendBase64 writes numbers as OpenAI does on request: float32, little-endian, in base64.
func appendBase64(out []byte, v []float32) ([]byte, error) {
	raw := make([]byte, 0, 4*len(v))
	for _, x := range v {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return nil, errNotFinite
		}
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	out = append(out, '"')
	out = base64.StdEncoding.AppendEncode(out, raw)
	return append(out, '"'), nil
}

// OpenAIModel is a model in use. The fields after OwnedBy are ours.
type OpenAIModel struct {
	ID         string   `json:"id" example:"frontdesk-static-zh-en"`
	Object     string   `json:"object" enum:"model"`
	Created    int64    `json:"created" doc:"Always 0: a bundle does not say when its model was made"`
	OwnedBy    string   `json:"owned_by" doc:"The owner on the hub that the model was pulled from; frontdesk for the bundled ones"`
	Task       string   `json:"task" enum:"embed,rerank,classify"`
	Dimensions []int    `json:"dimensions,omitempty" nullable:"false" doc:"Lengths of vectors that can be asked for"`
	MaxTokens  int      `json:"max_tokens" doc:"Longest text, special tokens included"`
	Languages  []string `json:"languages" nullable:"false"`
	License    string   `json:"license" doc:"SPDX expression"`
}

// OpenAIModels is the list of models in use.
type OpenAIModels struct {
	Object string        `json:"object" enum:"list"`
	Data   []OpenAIModel `json:"data" nullable:"false"`
}

func openAIModelOf(m models.Manifest) OpenAIModel {
	out := OpenAIModel{
		ID: m.Name, Object: "model", OwnedBy: "frontdesk", Task: m.Task, MaxTokens: m.MaxTokens.Passage, Languages: m.Languages, License: m.License,
	}
	if m.Source != nil {
		out.OwnedBy = owner(m.Source.Repo)
	}
	if m.Task == models.TaskEmbed {
		out.Dimensions = slices.Clone(m.Matryoshka)
		if !slices.Contains(out.Dimensions, m.Dims) {
			out.Dimensions = append(out.Dimensions, m.Dims)
		}
	}
	if out.Languages == nil {
		out.Languages = []string{}
	}
	return out
}

func owner(repo string) string {
	for i := range repo {
		if repo[i] == '/' {
			return repo[:i]
		}
	}
	return repo
}

func (s *Server) openAIModels() OpenAIModels {
	out := OpenAIModels{Object: "list", Data: []OpenAIModel{}}
	if s.cfg.Inference == nil {
		return out
	}
	for _, m := range s.cfg.Inference.Models() {
		if m.InUse {
			out.Data = append(out.Data, openAIModelOf(m.Manifest))
		}
	}
	return out
}

// listModels answers OpenAI's GET /v1/models: what is in use.
func (s *Server) listModels(w http.ResponseWriter, r *http.Request) {
	s.writeJSON(w, r, http.StatusOK, s.openAIModels())
}

// oneModel answers OpenAI's GET /v1/models/{model}; a name's slash may come escaped.
func (s *Server) oneModel(w http.ResponseWriter, r *http.Request) {
	name, err := url.PathUnescape(chi.URLParam(r, "*"))
	if err == nil && slices.Contains(s.cfg.ModelAliases, name) {
		if info, ok := s.inUse(models.TaskEmbed); ok {
			name = info.Manifest.Name
		}
	}
	for _, m := range s.openAIModels().Data {
		if err == nil && m.ID == name {
			s.writeJSON(w, r, http.StatusOK, m)
			return
		}
	}
	s.writeProblem(w, r, &noModelError{param: "model", reason: "no model of this name is in use; GET /v1/models lists those that are"})
}

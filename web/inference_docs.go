package web

import (
	"maps"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// documentModelRoutes describes the model routes, which read their bodies themselves.
func (s *Server) documentModelRoutes() {
	schema := func(v any, hint string) *huma.Schema {
		return s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(v), true, hint)
	}
	content := func(sc *huma.Schema) map[string]*huma.MediaType {
		return map[string]*huma.MediaType{"application/json": {Schema: sc}}
	}
	answers := func(doc string, ok, failed *huma.Schema, statuses map[string]string) map[string]*huma.Response {
		out := map[string]*huma.Response{"200": {Description: doc, Content: content(ok)}}
		for status, why := range statuses {
			out[status] = &huma.Response{Description: why, Content: content(failed)}
		}
		return out
	}
	openAI, tei := schema(OpenAIError{}, "OpenAIError"), schema(TEIError{}, "TEIError")
	openAIStatuses := map[string]string{
		"400": "A field is at fault; param names it", "401": "No API key, or one that is not valid", "403": "The key is not made for this",
		"404": "No such model is in use", "413": "The body is too large", "429": "The key's limit is reached or the model is overloaded; Retry-After says how long to wait",
		"500": "A fault of the server", "503": "The model did not answer in time",
	}
	teiStatuses := map[string]string{
		"400": "Empty", "401": "No API key, or one that is not valid", "413": "A text is too long, there are too many, or the body is too large",
		"422": "A field or a text cannot be read", "424": "No model in use does this, or it failed",
		"429": "The key's limit is reached or the model is overloaded; Retry-After says how long to wait",
	}
	info := maps.Clone(teiStatuses)
	maps.DeleteFunc(info, func(status, _ string) bool { return status != "401" && status != "424" })
	takes := func(fields map[string]*huma.Schema, required ...string) *huma.RequestBody {
		return &huma.RequestBody{Required: true, Content: content(&huma.Schema{Type: huma.TypeObject, Properties: fields, Required: required})}
	}
	text, number, boolean := &huma.Schema{Type: huma.TypeString}, &huma.Schema{Type: huma.TypeNumber, Format: "float"}, func(doc string, otherwise bool) *huma.Schema {
		return &huma.Schema{Type: huma.TypeBoolean, Description: doc, Default: otherwise}
	}
	list := func(of *huma.Schema) *huma.Schema { return &huma.Schema{Type: huma.TypeArray, Items: of} }
	id := &huma.Schema{Type: huma.TypeInteger, Format: "int32"}
	input := &huma.Schema{
		OneOf: []*huma.Schema{text, list(text), list(id), list(list(id))}, Description: "A text, a list of texts, the token ids of one text, or a list of those",
	}
	truncate := map[string]*huma.Schema{
		"truncate":             boolean("Cut a text that is too long instead of refusing it", false),
		"truncation_direction": {Type: huma.TypeString, Enum: []any{"Left", "Right"}, Default: "Right", Description: "Which end is cut off"},
	}
	with := func(more map[string]*huma.Schema) map[string]*huma.Schema {
		out := maps.Clone(truncate)
		maps.Copy(out, more)
		return out
	}
	dimensions := &huma.Schema{Type: huma.TypeInteger, Description: "Length of the vectors: one that GET /v1/models names"}
	promptName := &huma.Schema{Type: huma.TypeString, Enum: []any{"query", "passage", "document"}, Description: "Puts the model's own prefix before each text"}
	const openAITag, teiTag = "OpenAI", "text-embeddings-inference"
	for _, op := range []*huma.Operation{
		{
			Method: http.MethodPost, Path: "/v1/embeddings", Summary: "Vectors of texts", Tags: []string{openAITag},
			RequestBody: takes(with(map[string]*huma.Schema{
				"input": input, "model": text, "dimensions": dimensions,
				"encoding_format": {Type: huma.TypeString, Enum: []any{"float", "base64"}, Default: "float", Description: "base64: float32, little-endian"},
				"user":            {Type: huma.TypeString, Description: "Read by nobody"},
			}), "input", "model"),
			Responses: answers("The vectors, in order", schema(OpenAIEmbeddings{}, "OpenAIEmbeddings"), openAI, openAIStatuses),
		},
		{
			Method: http.MethodGet, Path: "/v1/models", Summary: "The models in use", Tags: []string{openAITag},
			Responses: answers("The models", schema(OpenAIModels{}, "OpenAIModels"), openAI, map[string]string{"401": openAIStatuses["401"]}),
		},
		{
			Method: http.MethodGet, Path: "/v1/models/{model}", Summary: "One of them", Tags: []string{openAITag},
			Parameters: []*huma.Param{{Name: "model", In: "path", Required: true, Schema: text}},
			Responses:  answers("The model", schema(OpenAIModel{}, "OpenAIModel"), openAI, map[string]string{"401": openAIStatuses["401"], "404": openAIStatuses["404"]}),
		},
		{
			Method: http.MethodPost, Path: "/embed", Summary: "Vectors of texts", Tags: []string{teiTag},
			RequestBody: takes(with(map[string]*huma.Schema{
				"inputs": input, "normalize": boolean("Bring vectors to length 1", true), "prompt_name": promptName, "dimensions": dimensions,
			}), "inputs"),
			Responses: answers("The vectors, in order", list(list(number)), tei, teiStatuses),
		},
		{
			Method: http.MethodPost, Path: "/rerank", Summary: "Texts by how well they answer a query", Tags: []string{teiTag},
			Description: "Without a reranker in use, the embedding model encodes the query once and the score is the cosine; `GET /info` says which.",
			RequestBody: takes(with(map[string]*huma.Schema{
				"query": text, "texts": list(text), "raw_scores": boolean("The model's scores as they are", false), "return_text": boolean("Send the texts back", false),
			}), "query", "texts"),
			Responses: answers("The texts, best first", list(schema(TEIRank{}, "TEIRank")), tei, teiStatuses),
		},
		{
			Method: http.MethodPost, Path: "/predict", Summary: "Labels of texts or pairs", Tags: []string{teiTag},
			RequestBody: takes(with(map[string]*huma.Schema{
				"inputs": {
					OneOf: []*huma.Schema{text, list(text), list(list(text))}, Description: "A text, a pair [text, text], or a batch [[text], [text, text]]",
				},
				"raw_scores": boolean("The model's scores as they are", false),
			}), "inputs"),
			Responses: answers("The labels of the input, best first; of a batch a list of those", &huma.Schema{OneOf: []*huma.Schema{
				list(schema(TEIPrediction{}, "TEIPrediction")), list(list(schema(TEIPrediction{}, "TEIPrediction"))),
			}}, tei, teiStatuses),
		},
		{
			Method: http.MethodPost, Path: "/tokenize", Summary: "Tokens of texts", Tags: []string{teiTag},
			RequestBody: takes(map[string]*huma.Schema{
				"inputs": {OneOf: []*huma.Schema{text, list(text)}}, "add_special_tokens": boolean("With [CLS] and the like", true), "prompt_name": promptName,
			}, "inputs"),
			Responses: answers("The tokens of each text", list(list(schema(TEIToken{}, "TEIToken"))), tei, teiStatuses),
		},
		{
			Method: http.MethodGet, Path: "/info", Summary: "The model and the limits", Tags: []string{teiTag},
			Responses: answers("They are", schema(TEIInfo{}, "TEIInfo"), tei, info),
		},
		{
			Method: http.MethodGet, Path: "/health", Summary: "The model answers; 503 when not", Tags: []string{teiTag},
			Responses: map[string]*huma.Response{"200": {Description: "Yes"}, "503": {Description: "No", Content: content(tei)}},
		},
	} {
		pattern := op.Path
		if pattern == "/v1/models/{model}" {
			pattern = "/v1/models/*" // names have slashes
		}
		s.describe(op, s.declared[op.Method+" "+pattern])
	}
}

// OpenAIEmbeddings is the answer of /v1/embeddings.
type OpenAIEmbeddings struct {
	Object string            `json:"object" enum:"list"`
	Data   []OpenAIEmbedding `json:"data" nullable:"false"`
	Model  string            `json:"model" doc:"The one that served"`
	Usage  OpenAIUsage       `json:"usage"`
}

// OpenAIUsage is what a request cost.
type OpenAIUsage struct {
	PromptTokens int `json:"prompt_tokens" doc:"Tokens that the model saw, special tokens included"`
	TotalTokens  int `json:"total_tokens"`
}

// OpenAIEmbedding is one vector.
type OpenAIEmbedding struct {
	Object    string       `json:"object" enum:"embedding"`
	Index     int          `json:"index"`
	Embedding vectorSchema `json:"embedding"`
}

// vectorSchema stands for numbers or their base64.
type vectorSchema struct{}

// Schema implements huma.SchemaProvider.
func (vectorSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{
		{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeNumber, Format: "float"}},
		{Type: huma.TypeString, Description: "base64 of float32, little-endian"},
	}}
}

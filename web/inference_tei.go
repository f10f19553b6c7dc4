package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"frontdesk/models"
)

// prompts are what prompt_name may say; text-embeddings-inference takes the names of the model's own configuration,
// which a manifest brings down to two.
func prompt(raw json.RawMessage, m models.Manifest) (prefix string, err error) {
	name, err := word(raw, "prompt_name")
	if err != nil {
		return "", err
	}
	switch name {
	case "":
		return "", nil
	case "query":
		return m.Prefixes.Question, nil
	case "passage", "document":
		return m.Prefixes.Passage, nil
	}
	return "", fault(faultField, "prompt_name", "must be query, passage or document")
}

// withPrefix puts a prefix before each text. The routes do it, not the engine, because the engine takes questions into
// the lane of the visitors who wait; what programs ask for runs in the bulk lane.
func (in *textInput) withPrefix(prefix string) ([]string, error) {
	if prefix == "" {
		return in.texts, nil
	}
	if in.ids != nil {
		return nil, fault(faultField, "prompt_name", "cannot be put before token ids; send texts")
	}
	out := make([]string, len(in.texts))
	for i, t := range in.texts {
		out[i] = prefix + t
	}
	return out, nil
}

// teiEmbed answers POST /embed.
func (s *Server) teiEmbed(ctx context.Context, c *modelCall) error {
	in, err := readModelInput(c.body.Inputs, "inputs", s.cfg.MaxClientBatch)
	if err != nil {
		return err
	}
	normalize, err := flag(c.body.Normalize, "normalize", true)
	if err != nil {
		return err
	}
	cut, err := c.body.truncation()
	if err != nil {
		return err
	}
	res, err := s.embedPrompted(ctx, c, in, models.EmbedRequest{TokenIDs: in.ids, NoPrefix: true, Raw: !normalize, Cut: cut})
	if err != nil {
		return err
	}
	c.charge(sum(res.Tokens))
	out := []byte{'['}
	for i, v := range res.Vectors {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = appendVector(out, v); err != nil {
			return &engineError{err}
		}
	}
	c.costs(work{characters: countCharacters(in.texts), tokens: sum(res.Tokens), times: res.Times})
	c.answerJSON(append(out, ']'))
	return nil
}

// embedPrompted embeds with the prompt that the client named. The prompt is the model's: when another model was
// published since it was read, the vectors are thrown away and made anew.
func (s *Server) embedPrompted(ctx context.Context, c *modelCall, in textInput, req models.EmbedRequest) (models.EmbedResult, error) {
	for {
		info, ok := s.inUse(models.TaskEmbed)
		if !ok {
			return models.EmbedResult{}, &noModelError{reason: "no embedding model is in use"}
		}
		prefix, err := prompt(c.body.PromptName, info.Manifest)
		if err != nil {
			return models.EmbedResult{}, err
		}
		if req.Texts, err = in.withPrefix(prefix); err != nil {
			return models.EmbedResult{}, err
		}
		if req.Dims, err = c.body.dimensions(info.Manifest); err != nil {
			return models.EmbedResult{}, err
		}
		if err := c.reserve(in.estimate(info.Manifest.MaxTokens.Passage)); err != nil {
			return models.EmbedResult{}, err
		}
		res, err := s.cfg.Inference.Embed(ctx, req)
		if err != nil {
			return res, inputError(err, func(e *models.TextError) string { return in.name("inputs", e.Index) }, adviceCut)
		}
		if res.Fingerprint == info.Manifest.Fingerprint || (prefix == "" && req.Dims == 0) {
			return res, nil
		}
	}
}

// TEIRank is one text's place in a ranking.
type TEIRank struct {
	Index int     `json:"index" doc:"Place among the texts that were sent"`
	Text  *string `json:"text,omitempty" doc:"With return_text only"`
	Score float32 `json:"score"`
}

// teiRerank answers POST /rerank, best text first. Without a reranker in use the embedding model serves: the query is
// encoded once and the score is the cosine, which /info says too.
func (s *Server) teiRerank(ctx context.Context, c *modelCall) error {
	if absent(c.body.Query) {
		return fault(faultField, "query", "is missing; send a text")
	}
	query, err := readText(c.body.Query, "query")
	if err != nil {
		return err
	}
	in, err := readTexts(c.body.Texts, "texts", s.cfg.MaxClientBatch, false)
	if err != nil {
		return err
	}
	raw, err := flag(c.body.RawScores, "raw_scores", false)
	if err != nil {
		return err
	}
	withText, err := flag(c.body.ReturnText, "return_text", false)
	if err != nil {
		return err
	}
	cut, err := c.body.truncation()
	if err != nil {
		return err
	}
	info, ok := s.inUse(models.TaskRerank)
	if !ok {
		if info, ok = s.inUse(models.TaskEmbed); !ok {
			return &noModelError{reason: "no reranker and no embedding model is in use"}
		}
	}
	limit := info.Manifest.MaxTokens.Passage
	if err := c.reserve(len(in.texts)*estimate(query, limit) + in.estimate(limit)); err != nil {
		return err
	}
	res, err := s.cfg.Inference.Rerank(ctx, models.RerankRequest{Query: query, Texts: in.texts, Cut: cut, Raw: raw, Bulk: true})
	if err != nil {
		return inputError(err, func(e *models.TextError) string {
			if e.Query {
				return "query"
			}
			return in.name("texts", e.Index)
		}, adviceCut)
	}
	c.charge(sum(res.Tokens))
	ranks := make([]TEIRank, len(res.Scores))
	for i, score := range res.Scores {
		ranks[i] = TEIRank{Index: i, Score: score}
		if withText {
			ranks[i].Text = &in.texts[i]
		}
	}
	slices.SortStableFunc(ranks, func(a, b TEIRank) int { return descending(a.Score, b.Score) })
	c.costs(work{
		characters: len(in.texts)*utf8.RuneCountInString(query) + countCharacters(in.texts), tokens: sum(res.Tokens), times: res.Times,
	})
	return c.answer(ranks)
}

// descending orders scores, best first; equal ones keep their order.
func descending(a, b float32) int {
	switch {
	case a > b:
		return -1
	case a < b:
		return 1
	}
	return 0
}

// answer writes a small answer.
func (c *modelCall) answer(v any) error {
	raw, err := json.Marshal(v)
	if err != nil { // NaN or an infinity
		return &engineError{err}
	}
	c.answerJSON(raw)
	return nil
}

// TEIPrediction is the score of one label.
type TEIPrediction struct {
	Score float32 `json:"score"`
	Label string  `json:"label"`
}

// teiPredict answers POST /predict: one list of labels for one input, a list of them for a batch; best label first.
func (s *Server) teiPredict(ctx context.Context, c *modelCall) error {
	inputs, batch, err := readPredictInputs(c.body.Inputs, s.cfg.MaxClientBatch)
	if err != nil {
		return err
	}
	raw, err := flag(c.body.RawScores, "raw_scores", false)
	if err != nil {
		return err
	}
	cut, err := c.body.truncation()
	if err != nil {
		return err
	}
	info, ok := s.inUse(models.TaskClassify)
	if !ok {
		return &noModelError{reason: "no classifier is in use"}
	}
	guess, characters := 0, 0
	for _, in := range inputs {
		text := in.Text
		if in.Pair != nil {
			text += *in.Pair
		}
		guess += estimate(text, info.Manifest.MaxTokens.Passage)
		characters += utf8.RuneCountInString(text)
	}
	if err := c.reserve(guess); err != nil {
		return err
	}
	res, err := s.cfg.Inference.Classify(ctx, models.ClassifyRequest{Inputs: inputs, Cut: cut, Raw: raw, Bulk: true})
	if err != nil {
		return inputError(err, func(e *models.TextError) string {
			if !batch {
				return "inputs"
			}
			return fmt.Sprintf("inputs[%d]", e.Index)
		}, adviceCut)
	}
	c.charge(sum(res.Tokens))
	out := make([][]TEIPrediction, len(res.Scores))
	for i, scores := range res.Scores {
		if len(scores) != len(res.Labels) {
			return &engineError{fmt.Errorf("%d scores for %d labels", len(scores), len(res.Labels))}
		}
		for j, score := range scores {
			out[i] = append(out[i], TEIPrediction{Score: score, Label: res.Labels[j]})
		}
		slices.SortStableFunc(out[i], func(a, b TEIPrediction) int { return descending(a.Score, b.Score) })
	}
	c.costs(work{characters: characters, tokens: sum(res.Tokens), times: res.Times})
	if !batch {
		return c.answer(out[0])
	}
	return c.answer(out)
}

// readPredictInputs reads what TEI's /predict takes: a text, a pair as a list of two texts, or a batch as a list of
// lists of one or two texts. (A flat list is one input there, too, never a batch.)
func readPredictInputs(raw json.RawMessage, limit int) (inputs []models.Input, batch bool, err error) {
	const field = "inputs"
	if absent(raw) {
		return nil, false, fault(faultField, field, "is missing; send a text, a pair [text, text] or a batch [[text], [text, text]]")
	}
	if jsonKind(raw) != "a list" {
		text, err := readText(raw, field)
		return []models.Input{{Text: text}}, false, err
	}
	lists, others, count := 0, 0, 0
	for element := range elements(raw) {
		count++
		if jsonKind(element) == "a list" {
			lists++
		} else {
			others++
		}
	}
	switch {
	case count == 0:
		return nil, false, fault(faultEmpty, field, "is empty; send at least one text")
	case lists == 0:
		in, err := readSequence(raw, field)
		return []models.Input{in}, false, err
	case others > 0:
		return nil, false, fault(faultField, field, "must be all lists in a batch: [[text], [text, text]]")
	case count > limit:
		return nil, false, fault(faultTooMany, field, "has %d texts, a request may have %d; split it", count, limit)
	}
	for element := range elements(raw) {
		in, err := readSequence(element, field+"["+strconv.Itoa(len(inputs))+"]")
		if err != nil {
			return nil, false, err
		}
		inputs = append(inputs, in)
	}
	return inputs, true, nil
}

// readSequence reads [text] or [text, text].
func readSequence(list json.RawMessage, field string) (in models.Input, err error) {
	i := 0
	for element := range elements(list) {
		if i > 1 {
			return in, fault(faultField, field, "must be one text or a pair of texts; a batch is a list of lists")
		}
		text, err := readText(element, fmt.Sprintf("%s[%d]", field, i))
		if err != nil {
			return in, err
		}
		if i == 0 {
			in.Text = text
		} else {
			in.Pair = &text
		}
		i++
	}
	if i == 0 {
		return in, fault(faultEmpty, field, "is empty; send one text or a pair of texts")
	}
	return in, nil
}

// TEIToken is one token. Start and stop count code points of the text with its prompt; null for special tokens.
type TEIToken struct {
	ID      int32  `json:"id"`
	Text    string `json:"text"`
	Special bool   `json:"special"`
	Start   *int   `json:"start" nullable:"true"`
	Stop    *int   `json:"stop" nullable:"true"`
}

// teiTokenize answers POST /tokenize with the tokens of the embedding model.
func (s *Server) teiTokenize(ctx context.Context, c *modelCall) error {
	in, err := readTexts(c.body.Inputs, "inputs", s.cfg.MaxClientBatch, true)
	if err != nil {
		return err
	}
	specials, err := flag(c.body.AddSpecialTokens, "add_special_tokens", true)
	if err != nil {
		return err
	}
	if err := c.reserve(in.estimate(maxTextBytes)); err != nil {
		return err
	}
	res, texts, err := s.tokenizePrompted(ctx, c, in, specials)
	if err != nil {
		return err
	}
	out, total := make([][]TEIToken, len(res)), 0
	for i, tokens := range res {
		total += len(tokens)
		out[i] = teiTokens(texts[i], tokens)
	}
	c.charge(total)
	c.costs(work{characters: countCharacters(in.texts), tokens: total})
	return c.answer(out)
}

// tokenizePrompted returns the tokens and the texts with the prompt that the client named, both of one model.
func (s *Server) tokenizePrompted(ctx context.Context, c *modelCall, in textInput, specials bool) ([][]models.Token, []string, error) {
	for {
		info, ok := s.inUse(models.TaskEmbed)
		if !ok {
			return nil, nil, &noModelError{reason: "no embedding model is in use"}
		}
		prefix, err := prompt(c.body.PromptName, info.Manifest)
		if err != nil {
			return nil, nil, err
		}
		texts, err := in.withPrefix(prefix)
		if err != nil {
			return nil, nil, err
		}
		name := info.Manifest.Name
		res, err := s.cfg.Inference.Tokenize(ctx, models.TokenizeRequest{Model: name, Texts: texts, NoSpecials: !specials})
		if errors.Is(err, models.ErrNoModel) && !s.serves(name, models.TaskEmbed) {
			continue // it was replaced since
		}
		if err != nil {
			return nil, nil, inputError(err, func(e *models.TextError) string { return in.name("inputs", e.Index) }, "shorten it")
		}
		return res, texts, nil
	}
}

// teiTokens shows tokens as TEI does: a special token by its name, any other by the part of the text that it covers.
func teiTokens(text string, tokens []models.Token) []TEIToken {
	out := make([]TEIToken, len(tokens))
	at, offset := 0, 0 // a code point and its byte; tokens come in the order of the text, so it only walks back within a few bytes
	seek := func(to int) int {
		if to < at {
			at, offset = 0, 0
		}
		for at < to && offset < len(text) {
			_, size := utf8.DecodeRuneInString(text[offset:])
			offset += size
			at++
		}
		return offset
	}
	for i, t := range tokens {
		out[i] = TEIToken{ID: t.ID, Text: t.Text, Special: t.Special}
		if t.Special {
			continue
		}
		start := seek(t.Start)
		from, fromByte := at, offset
		end := seek(max(t.Start, t.Stop))
		out[i].Text = strings.Clone(text[start:end])
		out[i].Start, out[i].Stop = &tokens[i].Start, &tokens[i].Stop
		at, offset = from, fromByte // the next token may begin at the same place: bytes of one character
	}
	return out
}

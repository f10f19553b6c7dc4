package models

import (
	"errors"
	"time"
)

// Errors of requests that more than the engine tells apart: the routes map them to OpenAI's and TEI's own.
var (
	// ErrNoModel says that no model of the task is in use, or none of the name that was asked for.
	ErrNoModel = errors.New("no such model is in use")
	// ErrInput says that the input is at fault; the message names the field and what to do.
	ErrInput = errors.New("invalid input")
	// ErrTooLong says that a text has more tokens than the model takes and was not to be cut.
	ErrTooLong = errors.New("text is too long for the model")
)

// Cut says what is done with a text that is longer than the model's limit.
type Cut int

// The ways to cut.
const (
	CutRight Cut = iota // keep the beginning, or the end where the tokenizer's file says so
	CutLeft             // keep the end
	CutNot              // refuse with ErrTooLong
)

// EmbedRequest asks for vectors.
type EmbedRequest struct {
	// Model is the name of a model that is in use. Empty = the one in use for embedding.
	Model string
	// Texts are embedded in order; or TokenIDs, special tokens included, instead.
	Texts []string
	// TokenIDs are texts that the caller has tokenised (OpenAI allows that). Exactly one of Texts and TokenIDs is given.
	TokenIDs [][]int32
	// Question takes the prefix and limit of questions and the interactive lane; otherwise those of passages and the bulk lane.
	Question bool
	// NoPrefix leaves the model's prefix out: the caller has written it.
	NoPrefix bool
	// Cut says what happens to long texts.
	Cut Cut
	// Dims cuts vectors to the first Dims values, brought to length 1 again; one of the manifest's Matryoshka or Dims. 0 = all.
	Dims int
	// Raw leaves out the L2 normalisation that the manifest asks for.
	Raw bool
	// Half gives EmbedResult.Halves instead of Vectors: half the memory, as pgvector's halfvec keeps them.
	Half bool
}

// EmbedResult is the answer to an EmbedRequest.
type EmbedResult struct {
	Served
	// Vectors has one vector a text, in order. Nil where Halves was asked for.
	Vectors [][]float32
	// Halves are the vectors in IEEE 754 binary16, rounded to nearest, ties to even. Nil unless EmbedRequest.Half.
	Halves [][]uint16
}

// RerankRequest asks how well each text answers the query.
type RerankRequest struct {
	Model string
	Query string
	Texts []string
	Cut   Cut
	// Raw serves the graph's score instead of the manifest's activation of it.
	Raw bool
	// Bulk takes the bulk lane.
	Bulk bool
}

// RerankResult is the answer to a RerankRequest.
type RerankResult struct {
	Served
	// Scores has one score a text, in order; higher fits better.
	Scores []float32
}

// ClassifyRequest asks for the scores of the labels.
type ClassifyRequest struct {
	Model string
	// Inputs are texts or pairs, in order.
	Inputs []Input
	Cut    Cut
	Raw    bool
	Bulk   bool
}

// Input is a text, or a pair of texts.
type Input struct {
	Text string
	// Pair is the second text. Nil = none.
	Pair *string
}

// ClassifyResult is the answer to a ClassifyRequest.
type ClassifyResult struct {
	Served
	// Labels are the model's, in its order.
	Labels []string
	// Scores has, for each input, one score a label.
	Scores [][]float32
}

// TokenizeRequest asks for tokens.
type TokenizeRequest struct {
	Model string
	Texts []string
	// Question adds the prefix of questions, Passage that of passages; neither adds none.
	Question, Passage bool
	// NoSpecials leaves the special tokens out.
	NoSpecials bool
}

// Token is one token of a text.
type Token struct {
	ID   int32
	Text string
	// Special says that the token stands for no part of the text.
	Special bool
	// Start and Stop are its place in the text in Unicode code points; both 0 for a special token.
	Start, Stop int
}

// Served says what a request cost, and which model served it.
type Served struct {
	// Model, Version and Fingerprint name the model.
	Model, Version, Fingerprint string
	// Tokens is the number of tokens that the model saw of each text, special tokens included, padding not.
	Tokens []int
	// Times are where the time went.
	Times Times
}

// Times are the parts of a request's time. Queue and Run are those of the text that was served last.
type Times struct {
	Tokenize, Queue, Run time.Duration
}

// Info describes a model that is loaded.
type Info struct {
	Manifest Manifest
	// InUse says that requests without a model's name are served by it.
	InUse bool
	// Staged says that it is loaded but serves only who holds it.
	Staged bool
	// Runs is how many runs served requests.
	Runs uint64
}

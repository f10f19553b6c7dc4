package main

import "frontdesk/inference/tokenizer"

// ours answers with package tokenizer.
type ours struct{ t *tokenizer.Tokenizer }

func (s ours) ids(text string) []int32 { return s.t.AppendIDs(nil, text, 1<<30) }

package onnxtest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// VocabSize is the number of ids of Tokenizer.
const VocabSize = 512

// words of Tokenizer beside single characters, so that short texts have few tokens.
const words = `how do i get my money back where is order when will you ship the a to refund invoice password reset
account address change cancel phone human agent talk can what does it cost free return parcel lost late open close
query document answer yes no not payment card failed login error help please thanks`

// han are Chinese characters that Tokenizer knows; others are unknown to it.
const han = `的一是不了我有你在他这为之来以个中上们到说时要就出会可也对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法
学如都同现当没动面起看定天分还进好小部其些主样理心退款货订单怎密码忘记地址修改运费什收快递丢失客服人工账号登录付支银卡失败谢请`

// Tokenizer returns a small tokenizer.json: WordPiece as in BERT, lower case, [CLS] A [SEP] and [CLS] A [SEP] B [SEP].
func Tokenizer() []byte {
	specials := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}
	vocab := map[string]int{}
	add := func(token string) {
		if _, ok := vocab[token]; !ok && len(vocab) < VocabSize {
			vocab[token] = len(vocab)
		}
	}
	for _, s := range specials {
		add(s)
	}
	for c := '!'; c <= '~'; c++ {
		if c < 'A' || c > 'Z' {
			add(string(c))
		}
	}
	for _, c := range "abcdefghijklmnopqrstuvwxyz0123456789" {
		add("##" + string(c))
	}
	for w := range strings.FieldsSeq(words) {
		add(w)
	}
	for _, c := range han {
		if c > ' ' {
			add(string(c))
		}
	}
	for i := 0; len(vocab) < VocabSize; i++ {
		add(fmt.Sprintf("[unused%d]", i))
	}
	var added []any
	for i, s := range specials {
		added = append(added, map[string]any{
			"id": i, "content": s, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true,
		})
	}
	file, err := json.Marshal(map[string]any{
		"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": added,
		"normalizer": map[string]any{
			"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": nil, "lowercase": true,
		},
		"pre_tokenizer":  map[string]any{"type": "BertPreTokenizer"},
		"post_processor": map[string]any{"type": "BertProcessing", "sep": []any{"[SEP]", 3}, "cls": []any{"[CLS]", 2}},
		"decoder":        nil,
		"model": map[string]any{
			"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
			"max_input_chars_per_word": 100, "vocab": vocab,
		},
	})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return file
}

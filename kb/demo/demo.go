// Package demo holds the demo shop's knowledge base: the articles of the
// fictional "Lantern & Loom / 灯织", each in zh-CN and in en, in the import
// format of package kb. It is data only: it starts no goroutines, and it never
// parses or stores what it hands out.
package demo

import _ "embed"

// A string, so that no caller can change what the next one gets.
//
//go:embed shop.jsonl
var shop string

// JSONL returns a copy of the demo knowledge base in UTF-8: one article and
// locale a line, {"id","title","locale","questions","answer","tags"}, the two
// locales of an id on neighboring lines.
func JSONL() []byte {
	return []byte(shop)
}

// Package text is how Frontdesk reads what people type: one normal form for
// storing and comparing ([Normalize], [Key]), the terms of the lexical index
// ([Terms]), character n-grams ([Grams]) and a guess of the language
// ([Language]). Index and query go through the same functions, so that both
// sides of a search always agree.
//
// For the side of the question alone it knows how Chinese characters are read and
// which stand together ([Han]), which words are none but misspelled ([Speller],
// [IsWord], [IsHanWord]), which amounts a text names in whatever spelling
// ([Quantities]), and where one message asks several things ([Splitter]).
//
// It is part of the kit: it imports only the standard library and x/text,
// keeps no state, starts no goroutine, and takes time linear in its input.
package text

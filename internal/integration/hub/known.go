package hub

import (
	"regexp"
	"strings"

	"frontdesk/models"
)

// known is what the model cards of a family say and its repositories do not: which texts go before the input, and how
// tokens are pooled where sentence-transformers' files are missing. Names are matched without their owner, so that
// copies (Xenova/…, onnx-community/…) are recognised.
type known struct {
	name              *regexp.Regexp
	question, passage string
	pooling           string
}

// families is the table, first match wins.
func families() []known {
	re := func(pattern string) *regexp.Regexp { return regexp.MustCompile(`(?i)^` + pattern) }
	const bgeEn = "Represent this sentence for searching relevant passages: "
	return []known{
		// Card of intfloat/multilingual-e5-large-instruct: an instruction for the query, nothing for the passage.
		{re(`(multilingual-)?e5-.*instruct`), "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: ", "", models.PoolMean},
		// Cards of intfloat/e5-* and multilingual-e5-*: "query: " and "passage: ", also for Chinese.
		{re(`(multilingual-)?e5-`), "query: ", "passage: ", models.PoolMean},
		// Card of BAAI/bge-*: the instruction goes before short queries only; bge-m3 needs none.
		{re(`bge-m3`), "", "", models.PoolCLS},
		{re(`bge-(small|base|large)-zh`), "为这个句子生成表示以用于检索相关文章：", "", models.PoolCLS},
		{re(`bge-(small|base|large)-en|bge-micro`), bgeEn, "", models.PoolCLS},
		// Cards of mixedbread-ai/mxbai-embed-* and Snowflake/snowflake-arctic-embed-{xs,s,m,l}.
		{re(`mxbai-embed-(large|xsmall)`), bgeEn, "", models.PoolCLS},
		{re(`snowflake-arctic-embed-(xs|s|m|l)$`), bgeEn, "", models.PoolCLS},
		// Card of nomic-ai/nomic-embed-text-*.
		{re(`nomic-embed-text`), "search_query: ", "search_document: ", models.PoolMean},
		// Cards of thenlper/gte-*, shibing624/text2vec-*, sentence-transformers/all-* and paraphrase-*: no prefix.
		{re(`gte-(small|base|large)`), "", "", models.PoolMean},
		{re(`text2vec-`), "", "", models.PoolMean},
		{re(`(all|paraphrase|multi-qa|msmarco)-.*(minilm|distilroberta|mpnet|distilbert)`), "", "", models.PoolMean},
	}
}

// family finds a repository in the table.
func family(id string) (known, bool) {
	name := id[strings.LastIndexByte(id, '/')+1:]
	for _, k := range families() {
		if k.name.MatchString(name) {
			return k, true
		}
	}
	return known{}, false
}

// spdx maps the hub's names of licences (hub docs, "Licenses") to SPDX expressions.
func spdx(name string) string {
	switch name = strings.ToLower(strings.TrimSpace(name)); name {
	case "":
		return "NOASSERTION"
	case "apache-2.0", "afl-3.0", "mpl-2.0", "epl-2.0", "eupl-1.1", "ecl-2.0", "osl-3.0", "artistic-2.0", "bsl-1.0", "zlib", "ncsa":
		known := map[string]string{
			"apache-2.0": "Apache-2.0", "afl-3.0": "AFL-3.0", "mpl-2.0": "MPL-2.0", "epl-2.0": "EPL-2.0", "eupl-1.1": "EUPL-1.1",
			"ecl-2.0": "ECL-2.0", "osl-3.0": "OSL-3.0", "artistic-2.0": "Artistic-2.0", "bsl-1.0": "BSL-1.0", "zlib": "Zlib", "ncsa": "NCSA",
		}
		return known[name]
	case "mit", "isc", "wtfpl":
		return strings.ToUpper(name)
	case "unlicense":
		return "Unlicense"
	case "bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear":
		return strings.NewReplacer("bsd", "BSD", "clause", "Clause", "clear", "Clear").Replace(name)
	case "gpl-2.0", "gpl-3.0", "lgpl-2.1", "lgpl-3.0", "agpl-3.0":
		return strings.ToUpper(name) + "-only"
	}
	if version, ok := strings.CutPrefix(name, "cc-"); ok {
		return "CC-" + strings.ToUpper(version)
	}
	if name == "cc0-1.0" {
		return "CC0-1.0"
	}
	// The hub's own (openrail, llama3, gemma, other …) are no SPDX licences.
	return "LicenseRef-" + regexp.MustCompile(`[^a-z0-9.-]+`).ReplaceAllString(name, "-")
}

// languages keeps what is a language tag; "multilingual" is BCP 47's "mul".
func languages(names []string) []string {
	tag := regexp.MustCompile(`^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$`)
	all := []string{}
	for _, name := range names {
		switch name = strings.TrimSpace(name); {
		case strings.EqualFold(name, "multilingual"):
			all = append(all, "mul")
		case tag.MatchString(name):
			all = append(all, name)
		}
	}
	return all
}

// frontMatter reads two fields of a model card (README.md): the lines between two "---", a small part of YAML.
func frontMatter(readme string) (license string, languages []string) {
	readme = strings.ReplaceAll(strings.TrimPrefix(readme, "\uFEFF"), "\r\n", "\n")
	body, ok := strings.CutPrefix(readme, "---\n")
	if !ok {
		return "", nil
	}
	head, _, ok := strings.Cut(body, "\n---")
	if !ok {
		return "", nil
	}
	unquote := func(s string) string { return strings.Trim(strings.TrimSpace(s), `"'`) }
	field := ""
	for line := range strings.SplitSeq(head, "\n") {
		if item, ok := strings.CutPrefix(strings.TrimSpace(line), "- "); ok && field == "language" {
			languages = append(languages, unquote(item))
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.HasPrefix(line, " ") {
			continue
		}
		field, value = name, strings.TrimSpace(value)
		switch {
		case field == "license":
			license = unquote(value)
		case field == "language" && strings.HasPrefix(value, "["):
			for item := range strings.SplitSeq(strings.Trim(value, "[]"), ",") {
				languages = append(languages, unquote(item))
			}
		case field == "language" && value != "":
			languages = append(languages, unquote(value))
		}
	}
	return license, languages
}

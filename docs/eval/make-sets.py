#!/usr/bin/env python3
"""Makes a knowledge base and a question file for `frontdesk eval` from an intent set.

usage: make-sets.py SET.tsv OUT-DIR [--per-intent 10] [--seed 1] [--questions 0] [--oos oos] [--no-title]

SET.tsv: text<TAB>label lines, UTF-8. Of each label, --per-intent seeded rows become the
questions of one article (id = label, title = label in words); all other rows become questions,
expected to find that article, at most --questions of each label (0 = all). Rows with the label
--oos become "-" lines: nothing should answer. A text that occurs twice, case aside, is used once,
so that no question stands in the knowledge base. Writes OUT-DIR/kb.jsonl and OUT-DIR/q.tsv, the
same bytes for the same arguments.
"""

import argparse
import json
import pathlib
import random


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--per-intent", type=int, default=10)
    parser.add_argument("--questions", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--oos", default="oos")
    parser.add_argument("--no-title", action="store_true", help="title = the first question, not the label")
    args = parser.parse_args()

    rows: dict[str, list[str]] = {}
    seen: set[str] = set()
    for line in args.set.read_text(encoding="utf-8").splitlines():
        text, _, label = line.partition("\t")
        text, label = " ".join(text.split()), label.split("\t")[0].strip()
        if text and label and text.lower() not in seen:
            seen.add(text.lower())
            rows.setdefault(label, []).append(text)

    rng = random.Random(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    questions: list[tuple[str, str]] = []
    with open(args.out / "kb.jsonl", "w", encoding="utf-8") as kb:
        for label in sorted(rows):
            texts = rows[label]
            rng.shuffle(texts)
            k = 0 if label == args.oos else args.per_intent
            rest = texts[k:][: args.questions] if args.questions else texts[k:]
            questions += [("-" if label == args.oos else label, text) for text in rest]
            if k:
                title = texts[0] if args.no_title else label.replace("_", " ")
                locale = "zh-CN" if any("\u4e00" <= c <= "\u9fff" for c in "".join(texts[:k])) else "en"
                article = {"id": label, "title": title[:200], "locale": locale, "questions": texts[:k],
                           "answer": f"[{label}]", "tags": []}
                kb.write(json.dumps(article, ensure_ascii=False) + "\n")
    rng.shuffle(questions)
    with open(args.out / "q.tsv", "w", encoding="utf-8") as tsv:
        tsv.writelines(f"{label}\t{text}\n" for label, text in questions)
    print(f"{sum(label != args.oos for label in rows)} articles, {len(questions)} questions in {args.out}")


if __name__ == "__main__":
    main()

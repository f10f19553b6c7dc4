"""Reads the training sources and refuses to mix them with evaluation data."""
import os
import re
import sys
from collections import defaultdict

import numpy as np

from wordpiece import words

# Weight of a source = how often a batch is drawn from it.
WEIGHTS = {
    "intent_hwu64": 1.0, "intent_slurp_dev": 0.2, "intent_bitext20k": 0.8, "intent_sgd_train": 0.8,
    "sts_en_train": 0.4, "sts_zh_train": 0.4, "nli_zh_snli": 0.6, "pair_pawsx_zh_dev": 0.1,
    "par_zh_en": 2.0, "doc_heading_para": 1.2, "qa_cmrc2018": 0.6, "syn_ppdb": 0.8,
    "lex_cedict_en_zh": 1.2, "lex_cedict_en_en": 0.7, "lex_cedict_zh_zh": 0.7,
}
NLI = {"entailment": 5.0, "neutral": 2.5, "contradiction": 0.0}
# Bitext's sample carries insults; they teach nothing about orders.
PROFANE = re.compile(r"\b(fuck\w*|shit\w*|bitch\w*|asshole\w*|damn\w*|goddam\w*|bloody|bastard\w*|crap\w*)\b", re.I)


HERE = os.path.dirname(os.path.abspath(__file__))


def simplified():
    """The serving side's table of traditional characters, for str.translate: what is searched is simplified first."""
    with open(os.path.join(HERE, "../../internal/text/data/simplified.txt"), encoding="utf-8") as f:
        pairs = "".join(f.read().split())
    return str.maketrans(pairs[0::2], pairs[1::2])


SIMPLIFIED = simplified()


def rows(path):
    with open(path, encoding="utf-8") as f:
        for line in f:
            yield line.rstrip("\n").translate(SIMPLIFIED).split("\t")


def key(text):
    """What "the same text" means: the words, without case, width or punctuation."""
    return "".join(w for w in words(text) if any(c.isalnum() for c in w))


def folders(s):
    """The folders of --eval, separated by commas. The first holds the public sets, which the figures are of."""
    return s.split(",")


def evaluation_texts(dirs):
    """Every text of the evaluation folders, as keys. Nothing else is read from them here."""
    seen = set()
    for d in dirs:
        names = sorted(n for n in os.listdir(d) if n.endswith(".tsv"))
        if not names:
            sys.exit(f"{d}: no evaluation files (*.tsv)")
        for name in names:
            # Intents: text, label. Pairs: two texts. All others as `frontdesk eval` takes them: what is expected, question.
            texts = {"intent": slice(1), "pair": slice(2)}.get(name.split("_")[0], slice(1, 2))
            for r in rows(os.path.join(d, name)):
                seen.update(key(t) for t in r[texts])
    seen.discard("")
    return seen


class Source:
    """One file as pairs (a, b): label masks equal intents, score grades the pair or is NaN."""

    def __init__(self, name, a, b, label=None, score=None):
        self.name, self.weight = name, WEIGHTS[name]
        self.a, self.b = a, b
        self.label = label
        self.score = score

    def texts(self):
        return self.a if self.b is None else self.a + self.b


def load(folder, banned):
    """Loads every source of the training folder without the texts in banned."""
    folder = os.path.realpath(folder)
    if "eval" in folder.split(os.sep):
        sys.exit(f"{folder}: evaluation data trains nothing; give the train folder")
    dropped, out = defaultdict(int), []
    for name in WEIGHTS:
        kind = name.split("_")[0]
        table = []
        for r in rows(os.path.join(folder, name + ".tsv")):
            n = 1 if kind == "intent" else 2
            if len(r) < 2 or not r[0].strip() or not r[1].strip():
                continue
            if name == "intent_bitext20k" and PROFANE.search(r[0]):
                dropped["profane"] += 1
                continue
            if kind == "doc" and len(table) % 2:  # every other heading without its parents
                r[0] = r[0].split(" / ")[-1]
            if any(key(t) in banned for t in r[:n]):
                dropped[name] += 1
                continue
            table.append(r)
        a = [r[0] for r in table]
        if kind == "intent":
            out.append(Source(name, a, None, label=[r[1] for r in table]))
            continue
        b = [r[1] for r in table]
        score = None
        if kind == "sts":
            score = np.array([float(r[2]) for r in table], np.float32)
        elif kind == "nli":
            score = np.array([NLI[r[2]] for r in table], np.float32)
        elif kind == "pair":
            score = np.array([5.0 * float(r[2]) for r in table], np.float32)
        out.append(Source(name, a, b, score=score))
    print("dropped:", dict(dropped), flush=True)
    for s in out:  # the check itself, after the filter: it must hold, not be assumed
        for t in s.texts():
            if key(t) in banned:
                sys.exit(f"{s.name}: an evaluation text is among the training texts: {t!r}")
    return out

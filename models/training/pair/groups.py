"""Builds the training pairs: units of one first text with its right and wrong second texts."""
import os
import re
import sys
from collections import Counter, defaultdict

import numpy as np

import edits
import templates

CHINESE = ("par_zh_en", "doc_heading_para", "qa_cmrc2018", "nli_zh_snli", "sts_zh_train")
# What a label of NLI says about "one answers the other".
NLI = {5.0: 0.85, 2.5: 0.25, 0.0: 0.0}


class Unit:
    """Pairs that are drawn together; rank says that exactly the first is right, so that it should score highest."""

    __slots__ = ("kind", "pairs", "target", "weight", "rank")

    def __init__(self, kind, pairs, target, weight=1.0, rank=True):
        self.kind, self.pairs, self.target, self.weight = kind, pairs, target, weight
        self.rank = rank and len(pairs) > 1


def held(text, share=20):
    """Whether a sentence is kept out of training, to test the edits on: by its own characters, so for ever."""
    import zlib
    return zlib.crc32(text.encode()) % share == 0


class Builder:
    def __init__(self, sources, embed, banned_key, traditional, translator, seed, hard=True):
        self.by = {s.name: s for s in sources}
        self.embed, self.banned_key, self.tr, self.hard = embed, banned_key, translator, hard
        self.rng = np.random.default_rng(seed)
        self.edits = edits.Edits(self.rng, traditional, *self.neighbours())

    def neighbours(self):
        """Synonyms from the dictionaries, and words of the same kind that are none: near by the encoder."""
        zh_text = "".join(t + "\n" for n in CHINESE for s in [self.by[n]] for t in (s.b if s.a and n == "par_zh_en" else s.texts()))
        grams = Counter(m.group(0)[i:i + k] for m in re.finditer("[\u4e00-\u9fff]+", zh_text) for k in (2, 3, 4)
                        for i in range(len(m.group(0)) - k + 1))
        en_words = Counter(w for n in ("intent_hwu64", "intent_bitext20k", "intent_sgd_train", "sts_en_train")
                           for t in self.by[n].texts() for w in re.findall("[a-z]{3,}", t.lower()))
        total = sum(len(self.by[n].a) for n in ("intent_hwu64", "intent_bitext20k", "intent_sgd_train", "sts_en_train"))
        synonyms, near = defaultdict(set), {}
        for n in ("syn_ppdb", "lex_cedict_en_en"):
            for a, b in zip(self.by[n].a, self.by[n].b):
                a, b = a.lower(), b.lower()
                if en_words[a] >= 3 and re.fullmatch("[a-z]{3,}", b):
                    synonyms[a].add(b)
                if en_words[b] >= 3 and re.fullmatch("[a-z]{3,}", a):
                    synonyms[b].add(a)
        zh_terms = Counter()
        for n, side in (("lex_cedict_en_zh", "b"), ("lex_cedict_zh_zh", "a"), ("lex_cedict_zh_zh", "b")):
            for t in getattr(self.by[n], side):
                if 2 <= len(t) <= 4 and grams[t] >= 8:
                    zh_terms[t] = grams[t]
        for a, b in zip(self.by["lex_cedict_zh_zh"].a, self.by["lex_cedict_zh_zh"].b):
            if a in zh_terms and grams[b] >= 3:
                synonyms[a].add(b)
            if b in zh_terms and grams[a] >= 3:
                synonyms[b].add(a)
        for words in ([w for w, n in en_words.items() if 8 <= n < total * .05], sorted(zh_terms)):
            v = self.embed(words)
            for at in range(0, len(words), 1000):
                order = np.argsort(-(v[at:at + 1000] @ v.T), 1)[:, 6:30]  # the very nearest are synonyms that no dictionary has
                for i, row in enumerate(order):
                    w = words[at + i]
                    ok = [words[j] for j in row if words[j] not in synonyms[w] and words[j][:4] != w[:4]
                          and not (edits.zh(w) and set(words[j]) & set(w) and len(w) < 3 and words[j][0] == w[0])]
                    if len(ok) >= 3:
                        near[w] = ok
        keep = {w: sorted(s) for w, s in synonyms.items() if 0 < len(s) <= 12}
        for table in (near, keep):
            for w in ("the and for with you are can how what when where why who which that this from not don 一个 这个 那个 什么 怎么 我们 可以 没有".split()):
                table.pop(w, None)
        return keep, near

    # --- intents: what a knowledge base asks of a reranker

    def intents(self, name, limit, weight=1.0):
        s, rng = self.by[name], self.rng
        rows = list(dict.fromkeys((t, y) for t, y in zip(s.a, s.label) if not y.startswith("general")
                                  and len(t.split()) >= (5 if name == "intent_sgd_train" else 2)))
        texts, label = [r[0] for r in rows], np.array([r[1] for r in rows])
        zh = self.tr(texts) if self.tr else [None] * len(texts)
        zh = [z if z and not self.banned_key(z) else None for z in zh]
        v = self.embed(texts)
        where = {y: np.flatnonzero(label == y) for y in np.unique(label)}
        out = []
        for at in np.array_split(rng.permutation(len(texts))[:limit], max(1, limit // 200)):
            k = rng.choice([1, 2, 3, 5, 10])
            kb = np.concatenate([rng.choice(i, min(k, len(i)), replace=False) for i in where.values() if rng.random() < .8])
            sim = v[at] @ v[kb].T
            sim[at[:, None] == kb[None]] = -2
            order = np.argsort(-sim, 1)
            for q, row in zip(at, order):
                cand = kb[row[:10]] if self.hard else kb[rng.permutation(row)[:10]]
                right = [c for c in cand if label[c] == label[q] and c != q]
                if not right:
                    right = [c for c in kb[row] if label[c] == label[q] and c != q][:1]
                wrong = [c for c in cand if label[c] != label[q]]
                rng.shuffle(wrong)
                if rng.random() < .45:
                    wrong.insert(0, rng.choice(kb[label[kb] != label[q]]))
                pick = ([right[rng.integers(len(right))]] if right else []) + wrong[:3]
                if not pick:
                    continue
                a, b = texts[q], [texts[c] for c in pick]
                mode = rng.random()
                if self.tr and mode < .33 and zh[q] and all(zh[c] for c in pick):
                    a, b = zh[q], [zh[c] for c in pick]
                elif self.tr and mode < .42 and zh[q]:
                    a = zh[q]
                elif mode > .9:
                    a = self.edits.typo(a) or a
                elif mode > .85:
                    a = self.edits.around(a)
                target = [1.0] * bool(right) + [0.0] * (len(pick) - bool(right))
                out.append(Unit("intent", [(a, x) for x in b], target, weight, rank=bool(right)))
        return out

    # --- pairs with a grade

    def graded(self, name, weight):
        s, out = self.by[name], []
        for a, b, g in zip(s.a, s.b, s.score):
            t = NLI[float(g)] if name.startswith("nli") else float(g > 2.5) if name.startswith("pair") else float(np.clip((g - 2) / 2, 0, 1))
            if self.rng.random() < .5 and not name.startswith("nli"):
                a, b = b, a
            out.append(Unit(name, [(a, b)], [t], weight))
        return out

    def nearest(self, firsts, seconds, kind, limit, weight, same=None):
        """Each first text with its second, and with the seconds that the encoder confuses with it."""
        pick = self.rng.permutation(len(firsts))[:limit]
        pool = self.rng.permutation(len(firsts))[:8000]
        va, vb, out = self.embed([firsts[i] for i in pick]), self.embed([seconds[i] for i in pool]), []
        for at in range(0, len(pick), 1000):
            order = np.argsort(-(va[at:at + 1000] @ vb.T), 1)[:, :12]
            for i, row in zip(pick[at:at + 1000], order):
                a, b = firsts[i], seconds[i]
                wrong = [seconds[pool[j]] for j in row if seconds[pool[j]] != b and firsts[pool[j]] != a]
                if not self.hard:
                    wrong = [seconds[j] for j in self.rng.integers(len(seconds), size=4) if seconds[j] != b]
                self.rng.shuffle(wrong)
                wrong = wrong[:2]
                pairs = [(a, b)] + [(a, w) for w in wrong]
                if self.rng.random() < .5 and kind == "parallel":
                    pairs = [(y, x) for x, y in pairs]
                out.append(Unit(kind, pairs, [1.0] + [0.0] * len(wrong), weight))
        return out

    # --- edits

    SAME = ("around", "bare", "typo", "old", "synonym", "synonym", "ask", "front", "loosen")
    OTHER = ("sibling", "number", "negate", "antonym", "order", "other_ask")

    def edited(self, base, pairs, want_held=False):
        """Units of base sentences (and of pairs that mean the same) with edits that keep or change what they mean."""
        out, e, rng = [], self.edits, self.rng
        for s, partner in [(s, None) for s in base] + list(pairs):
            if held(s) != want_held or len(s) > 160 or (len(s) < 4 and edits.zh(s)):
                continue
            if rng.random() < .12:  # a code at its end, the same or a similar one
                c, d = e.code()
                partner, s = (partner or s) + " " + (c.lower() if rng.random() < .4 else c), s + " " + c
                wrong = [("code", partner[:-len(c)] + (d.lower() if rng.random() < .4 else d))]
            else:
                wrong = []
            right = partner or s
            for _ in range(rng.integers(3) if partner else rng.integers(1, 3)):
                right = getattr(e, e.one(self.SAME))(right) or right
            for how in rng.permutation(self.OTHER):
                if len(wrong) == (2 if how == "sibling" else 3):
                    break
                from_ = right if rng.random() < .5 else s if partner is None else partner
                t = getattr(e, how)(from_)
                if t and t != s and t != right and t != partner:
                    wrong.append((how, t))
            if not wrong:
                continue
            pairs_ = [(s, right)] + [(s, t) for _, t in wrong]
            if rng.random() < .5:
                pairs_ = [(y, x) for x, y in pairs_]
            soft = {"number": .12, "sibling": .1}
            u = Unit("edit", pairs_, [1.0] + [soft.get(h, 0.0) for h, _ in wrong])
            out.append((u, ["same"] + [h for h, _ in wrong]) if want_held else u)
        return out

    def bases(self):
        """Sentences to edit, and pairs that mean the same."""
        rng, by = self.rng, self.by
        some = lambda xs, n: [xs[i] for i in rng.permutation(len(xs))[:n]]
        par = [(e, z) for e, z in zip(by["par_zh_en"].a, by["par_zh_en"].b) if len(e) < 120]
        base = some(by["intent_hwu64"].a, 2500) + some(by["intent_bitext20k"].a, 3500) + some(by["intent_sgd_train"].a, 2000) \
            + some(by["sts_en_train"].a, 1500) + some(by["sts_zh_train"].a, 2500) + some(sorted(set(by["nli_zh_snli"].b)), 4000) \
            + some([z for _, z in par], 7000) + some([e for e, _ in par], 3000) + by["qa_cmrc2018"].a \
            + some([h for h in by["doc_heading_para"].a if edits.zh(h)], 2000)
        pivot = defaultdict(set)
        for e, z in par:
            pivot[e].add(z)
        pairs = [(a, b) for zs in pivot.values() for a in sorted(zs) for b in sorted(zs) if a < b][:3000]
        for n in ("sts_zh_train", "sts_en_train"):
            pairs += [(a, b) for a, b, g in zip(by[n].a, by[n].b, by[n].score) if g >= 4]
        bit = defaultdict(list)
        for t, y in zip(by["intent_bitext20k"].a, by["intent_bitext20k"].label):
            bit[y].append(t)
        for y, ts in bit.items():
            pairs += [(ts[i], ts[j]) for i, j in rng.integers(len(ts), size=(60, 2)) if i != j]
        return base, pairs

    def all(self, log):
        out = []

        def add(units):
            out.extend(units)
            log(f"{len(out)} units, {sum(len(u.pairs) for u in out)} pairs ({units[0].kind})")
        for _ in range(2):
            add(self.intents("intent_hwu64", 11000))
        add(self.intents("intent_bitext20k", 12000))
        add(self.intents("intent_sgd_train", 8000, .6))
        add(self.intents("intent_slurp_dev", 1500))
        add(self.graded("sts_en_train", 1.0))
        add(self.graded("sts_zh_train", 1.0))
        add(self.graded("nli_zh_snli", .35))
        for _ in range(2):
            add(self.graded("pair_pawsx_zh_dev", .8))
        par = self.by["par_zh_en"]
        add(self.nearest(par.a, par.b, "parallel", 5000, .7))
        # The English side word by word into Chinese, beside the Chinese side: other words for the same, in no good order.
        tatoeba = [(z, y) for z, y in zip(self.tr(par.a), par.b) if z and y and 3 < len(y) < 40 and edits.zh(y)] if self.tr else []
        if tatoeba:
            add(self.nearest([z for z, _ in tatoeba], [y for _, y in tatoeba], "parallel", 9000, .8))
        doc, cm = self.by["doc_heading_para"], self.by["qa_cmrc2018"]
        add(self.nearest(doc.a, doc.b, "heading", 4000, .5))
        add(self.nearest(cm.a, cm.b, "passage", 4000, .4))
        # Two different questions that look alike are two questions.
        v = self.embed(cm.a)
        order = np.argsort(-(v @ v.T), 1)[:, 1:4]
        add([Unit("questions", [(cm.a[i], cm.a[j]) for j in row], [0.0] * 3, .7, rank=False) for i, row in enumerate(order)])
        base, pairs = self.bases()
        add(self.edited(base, pairs))
        add(self.edited([], pairs))
        add(templates.units(Unit, self.edits, self.rng))
        return out


def read_traditional(path):
    """A simplified character to its traditional ones, from pairs without a separator."""
    out = defaultdict(list)
    with open(path, encoding="utf-8") as f:
        s = f.read().replace("\n", "")
    for i in range(0, len(s) - 1, 2):
        out[s[i + 1]].append(s[i])
    return {k: v for k, v in out.items() if len(v) == 1}


def allowed(units, banned, log):
    """Without pairs of which an edit happens to be an evaluation text."""
    out, dropped = [], 0
    known = {}
    for u in units:
        ok = []
        for a, b in u.pairs:
            for t in (a, b):
                if t not in known:
                    known[t] = banned(t)
            ok.append(not known[a] and not known[b] and bool(a.strip()) and bool(b.strip()))
        if all(ok):
            out.append(u)
        else:
            dropped += 1
    log(f"{dropped} units dropped: an edit is an evaluation text")
    return out

"""Word-by-word translation of English queries through the dictionary, for a model that ignores order.

The encoder is a bag of tokens, so a bag of translated words teaches it nearly as much as a translation would. Which
of a word's many translations fits is decided by the half-trained model itself, the one near both word and sentence,
and by how common it is.
"""
import re
from collections import Counter

import numpy as np

# Words that a dictionary translates badly, by hand; "" leaves a word out.
FUNCTION = {
    **dict.fromkeys("a an the to of in at is are was were be been am it its this that do does did will would shall "
                    "should could may might for on by as and or so with from please just there here me them they "
                    "'s 'm 'd 'll ll s m d re ve t about into up out".split(), ""),
    "i": "我", "my": "我的", "we": "我们", "our": "我们的", "you": "你", "your": "你的", "how": "怎么", "what": "什么",
    "when": "什么时候", "where": "哪里", "why": "为什么", "who": "谁", "which": "哪个", "can": "可以", "want": "想",
    "need": "需要", "have": "有", "has": "有", "had": "有", "not": "不", "don": "不", "no": "没有", "get": "得到",
    "help": "帮", "tell": "告诉", "know": "知道", "if": "如果", "long": "久", "much": "多少", "many": "多少",
}
WORD = re.compile(r"[a-z]+|[0-9]+|[^\sa-z0-9]")


def stems(w):
    yield w
    for end, new in (("ies", "y"), ("es", ""), ("s", ""), ("ing", ""), ("ing", "e"), ("ed", ""), ("ed", "e"), ("ly", "")):
        if w.endswith(end) and len(w) - len(end) > 2:
            yield w[:len(w) - len(end)] + new


class Translator:
    def __init__(self, pairs, corpus, embed, rng):
        seen = Counter(t[i:i + n] for t in corpus for n in (1, 2, 3, 4) for i in range(len(t) - n + 1))
        self.table = {}
        for en, zh in pairs:
            en = en.lower()
            if len(en.split()) <= 3 and 2 <= len(zh) <= 4 and seen[zh] >= 3:
                self.table.setdefault(en, []).append(zh)
        self.common = {z: np.log(seen[z]) for zs in self.table.values() for z in zs}
        self.embed, self.rng = embed, rng
        flat = sorted({z for zs in self.table.values() for z in zs})
        self.at = {z: i for i, z in enumerate(flat)}
        self.vec = embed(flat)
        terms = sorted(self.table)
        self.term = dict(zip(terms, embed(terms)))

    def look(self, words):
        for w in stems(words[-1]):
            key = " ".join(words[:-1] + [w])
            if key in self.table:
                return key
        return None

    def __call__(self, texts):
        """One translation a text, or None where too few words are known."""
        ctx = self.embed(texts)
        out = []
        for t, c in zip(texts, ctx):
            ws, res, known, i, total = WORD.findall(t.lower()), [], 0, 0, 0
            while i < len(ws):
                if not ws[i][0].isalpha():
                    res.append(ws[i])
                    i += 1
                    continue
                for n in (3, 2, 1):
                    if n == 1 and ws[i] in FUNCTION:
                        res.append(FUNCTION[ws[i]])
                        break
                    key = self.look(ws[i:i + n]) if i + n <= len(ws) else None
                    if key:
                        zs = self.table[key]
                        s = self.vec[[self.at[z] for z in zs]] @ (self.term[key] + c) * 10
                        s += [0.7 * self.common[z] for z in zs]
                        p = np.exp(s - s.max())
                        res.append(zs[self.rng.choice(len(zs), p=p / p.sum())])
                        known += 1
                        total += 1
                        break
                else:
                    n = 1
                    total += 1
                    res.append(ws[i])
                i += n
            out.append("".join(res) if known and known * 2 >= total else None)
        return out

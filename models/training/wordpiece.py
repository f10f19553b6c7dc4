"""The training side's tokenizer.

It does what a standard tokenizer.json with NFKC, BertNormalizer, the Bert
pre-tokenizer and WordPiece says, so that the ids seen in training are the ids
seen in serving. The Go tokenizer is tested against ids made here.
"""
import json
import unicodedata
from collections import Counter
from heapq import heapify, heappop, heappush

PAD, UNK, CLS, SEP, MASK = "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"
SPECIALS = [PAD, UNK, CLS, SEP, MASK]
MAX_WORD = 100  # characters; a longer word is [UNK], as in BERT

# BERT's list of blocks, the gap at 2B820 included: Hugging Face starts at 2B920.
_CJK = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F),
        (0x2B740, 0x2B81F), (0x2B920, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F))


def is_cjk(c):
    o = ord(c)
    return o >= 0x3400 and any(a <= o <= b for a, b in _CJK)


def _punct(c):
    o = ord(c)
    return 33 <= o <= 47 or 58 <= o <= 64 or 91 <= o <= 96 or 123 <= o <= 126 \
        or unicodedata.category(c)[0] == "P"


def words(text):
    """Splits text into normalised words, CJK characters and punctuation marks."""
    out = []
    for c in unicodedata.normalize("NFKC", text):
        o = ord(c)
        if c in "\t\n\r" or c.isspace():
            out.append(" ")
        elif o in (0, 0xFFFD) or unicodedata.category(c)[0] == "C":
            continue
        elif is_cjk(c):
            out.append(" " + c + " ")
        else:
            out.append(c)
    res, cur = [], []
    for c in unicodedata.normalize("NFD", "".join(out)):
        if unicodedata.category(c) == "Mn":
            continue
        for d in c.lower():  # a character at a time: no final-sigma rule
            if d.isspace():
                if cur:
                    res.append("".join(cur))
                    cur = []
            elif _punct(d):
                if cur:
                    res.append("".join(cur))
                    cur = []
                res.append(d)
            else:
                cur.append(d)
    if cur:
        res.append("".join(cur))
    return res


def learn_vocabulary(word_counts, merges, min_pair=4, min_char=2):
    """Learns BPE merges over words and returns them as a WordPiece vocabulary."""
    chars = Counter()
    for w, n in word_counts.items():
        for c in set(w):
            chars[c] += n * w.count(c)
    keep = {c for c, n in chars.items() if n >= min_char} | {chr(i) for i in range(33, 127)}
    cjk = sorted(c for c in keep if is_cjk(c))
    other = sorted(c for c in keep if not is_cjk(c) and c == c.lower())
    vocab = SPECIALS + other + ["##" + c for c in other if not _punct(c)] + cjk

    split, counts, where = [], [], {}
    pairs = Counter()
    for w, n in sorted(word_counts.items()):
        if len(w) < 2 or len(w) > 40 or any(c not in keep for c in w):
            continue
        s = [w[0]] + ["##" + c for c in w[1:]]
        i = len(split)
        split.append(s)
        counts.append(n)
        for p in zip(s, s[1:]):
            pairs[p] += n
            where.setdefault(p, set()).add(i)
    heap = [(-n, p) for p, n in pairs.items()]
    heapify(heap)
    seen, learned = set(vocab), []
    while heap and len(learned) < merges:
        n, p = heappop(heap)
        if pairs.get(p, 0) != -n:
            continue  # stale entry; the right one is further down
        if -n < min_pair:
            break
        new = p[0] + p[1][2:]
        if new not in seen:
            seen.add(new)
            learned.append(new)
        touched = set()
        for i in list(where[p]):
            s, k = split[i], counts[i]
            for q in zip(s, s[1:]):
                pairs[q] -= k
                where[q].discard(i)
                touched.add(q)
            t, j = [], 0
            while j < len(s):
                if j + 1 < len(s) and (s[j], s[j + 1]) == p:
                    t.append(new)
                    j += 2
                else:
                    t.append(s[j])
                    j += 1
            split[i] = t
            for q in zip(t, t[1:]):
                pairs[q] += k
                where.setdefault(q, set()).add(i)
                touched.add(q)
        for q in touched:
            if pairs[q] > 0:
                heappush(heap, (-pairs[q], q))
    return vocab + learned


class Tokenizer:
    """Greedy longest-match WordPiece over words()."""

    def __init__(self, vocab):
        self.vocab = vocab
        self.ids = {t: i for i, t in enumerate(vocab)}
        self.longest = max(len(t) for t in vocab)
        self.cache = {}

    def word(self, w):
        got = self.cache.get(w)
        if got is not None:
            return got
        out, i = [], 0
        if len(w) > MAX_WORD:
            out = [self.ids[UNK]]
            i = len(w)
        while i < len(w):
            for j in range(min(len(w), i + self.longest), i, -1):
                t = self.ids.get(w[i:j] if i == 0 else "##" + w[i:j])
                if t is not None:
                    out.append(t)
                    i = j
                    break
            else:
                out = [self.ids[UNK]]
                break
        self.cache[w] = out
        return out

    def encode(self, text, limit=10**9):
        """[CLS] and at most limit-1 pieces."""
        out = [self.ids[CLS]]
        for w in words(text):
            out.extend(self.word(w))
            if len(out) >= limit:
                return out[:limit]
        return out

    def to_json(self):
        """The same tokenizer in the standard file format."""
        added = [{"id": i, "content": t, "single_word": False, "lstrip": False, "rstrip": False,
                  "normalized": False, "special": True} for i, t in enumerate(SPECIALS)]
        cls, sep = self.ids[CLS], self.ids[SEP]
        special = lambda t: {"SpecialToken": {"id": t, "type_id": 0}}
        seq = lambda t, k: {"Sequence": {"id": t, "type_id": k}}
        return json.dumps({
            "version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
            "normalizer": {"type": "Sequence", "normalizers": [
                {"type": "NFKC"},
                {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                 "strip_accents": True, "lowercase": True}]},
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [special(CLS), seq("A", 0)],
                "pair": [special(CLS), seq("A", 0), special(SEP), seq("B", 1)],
                "special_tokens": {
                    CLS: {"id": CLS, "ids": [cls], "tokens": [CLS]},
                    SEP: {"id": SEP, "ids": [sep], "tokens": [SEP]}}},
            "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
            "model": {"type": "WordPiece", "unk_token": UNK, "continuing_subword_prefix": "##",
                      "max_input_chars_per_word": MAX_WORD, "vocab": self.ids},
        }, ensure_ascii=False, separators=(",", ":"))

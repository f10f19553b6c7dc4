"""Development figures of the pair model. Evaluation data is read here only; nothing is fitted on it but what is said."""
import os
from collections import defaultdict

import numpy as np
from scipy import sparse, stats
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.metrics import roc_auc_score

from data import rows
from wordpiece import words

TOP = 10


def read(folder, name):
    return [tuple(r[:3]) for r in rows(os.path.join(folder, name + ".tsv"))]


def bm25(kb, questions, k1=1.2, b=.75):
    v = CountVectorizer(analyzer=words)
    x = v.fit_transform(kb).astype(np.float64)
    n = np.asarray(x.sum(1))[:, 0]
    df = np.asarray((x > 0).sum(0))[0]
    idf = np.log1p((len(kb) - df + .5) / (df + .5))
    x = x.tocoo()
    w = x.data * (k1 + 1) / (x.data + k1 * (1 - b + b * n[x.row] / n.mean())) * idf[x.col]
    d = sparse.csr_matrix((w, (x.row, x.col)), shape=x.shape)
    s = np.asarray((v.transform(questions) > 0).astype(np.float64).dot(d.T).todense())
    return s / np.maximum(s.max(1, keepdims=True), 1e-9)


def base(embed, kb, questions):
    """The study's linear fusion (../README.md), without a head."""
    t = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    k = t.fit_transform(kb)
    char = np.asarray((t.transform(questions) @ k.T).todense())
    dense = embed(questions) @ embed(kb).T
    return .6 * dense + .2 * char + .2 * bm25(kb, questions), dense


def rerank(score, embed, kb, questions, k, seed, oos=(), blends=(.1, .2, .3, .5)):
    by = defaultdict(list)
    for t, y in kb:
        by[y].append(t)
    rng = np.random.default_rng(seed)
    pick = [(by[y][j], y) for y in sorted(by) for j in rng.choice(len(by[y]), min(k, len(by[y])), replace=False)]
    label = np.array([y for _, y in pick])
    asked = [q for q, _ in questions] + list(oos)
    s, dense = base(embed, [t for t, _ in pick], asked)
    order = np.argsort(-s, 1)[:, :TOP]
    p = score([(q, pick[j][0]) for q, row in zip(asked, order) for j in row]).reshape(len(asked), TOP)
    prob = 1 / (1 + np.exp(-p))
    top = np.take_along_axis(s, order, 1)
    gold = np.array([y for _, y in questions])
    n = len(gold)
    hit = lambda f: round(100 * float((label[order[np.arange(n), f[:n].argmax(1)]] == gold).mean()), 1)
    out = {"base": hit(top), "pair": hit(p), **{f"+{w}p": hit(top + w * prob) for w in blends},
           "top10": round(100 * float((label[order[:n]] == gold[:, None]).any(1).mean()), 1)}
    if len(oos):
        inside = np.r_[np.ones(n), np.zeros(len(oos))]
        auc = lambda f: round(100 * float(roc_auc_score(inside, f)), 1)
        out["oos_auroc"] = {"base": auc(top[:, 0]), "cos": auc(dense.max(1)), "pair": auc(prob.max(1)),
                            **{f"base+{w}p": auc((top + w * prob).max(1)) for w in blends}}
    return out


def lcqmc(score, embed, folder):
    pairs = read(folder, "pair_lcqmc_dev")
    y = np.array([int(p[2]) for p in pairs])
    c = (embed([p[0] for p in pairs]) * embed([p[1] for p in pairs])).sum(1)
    s = score([(p[0], p[1]) for p in pairs])
    prob = 1 / (1 + np.exp(-s))
    one = lambda f: (round(100 * float(roc_auc_score(y, f)), 1), round(100 * float(stats.spearmanr(f, y)[0]), 1))
    return {"cos": one(c), "pair": one(s), "cos+.3p": one(c + .3 * prob), "cos+.6p": one(c + .6 * prob)}


def edited(score, held):
    """Share of held-back edits that score below their unit's right text, and of those put on their side of one half."""
    flat = [p for u, _ in held for p in u.pairs]
    s, at = score(flat), 0
    below, side = defaultdict(list), defaultdict(list)
    for u, how in held:
        x = s[at:at + len(how)]
        at += len(how)
        side["same"].append(x[0] > 0)
        for h, v in zip(how[1:], x[1:]):
            below[h].append(v < x[0])
            side[h].append(v < 0)
    return {h: (round(100 * float(np.mean(below[h] or [0])), 1), round(100 * float(np.mean(v)), 1), len(v)) for h, v in sorted(side.items())}


def report(score, embed, folder, held=None, seed=7, quick=False):
    clinc = sorted(set(r[:2] for r in read(folder, "intent_clinc150_train") if r[1] != "oos"))
    val = [r[:2] for r in read(folder, "intent_clinc150_val")]
    bank = sorted(set(r[:2] for r in read(folder, "intent_banking77_train")))
    back = set(np.random.default_rng(seed).choice(len(bank), len(bank) // 5, replace=False).tolist())
    inside, oos = [r for r in val if r[1] != "oos"], [r[0] for r in val if r[1] == "oos"]
    kb, asked = [r for i, r in enumerate(bank) if i not in back], [r for i, r in enumerate(bank) if i in back]
    if quick:
        inside, asked = inside[::4], asked[::3]
    out = {}
    for k in (5,) if quick else (1, 5, 10):
        out[f"clinc_k{k}"] = rerank(score, embed, clinc, inside, k, seed, oos)
        out[f"banking_k{k}"] = rerank(score, embed, kb, asked, k, seed)
    out["lcqmc"] = lcqmc(score, embed, folder)
    if held:
        out["edits (below the right one, right side, n)"] = edited(score, held)
    return out

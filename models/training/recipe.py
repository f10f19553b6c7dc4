"""Makes the bundled encoder. See README.md beside this file.

    python3 recipe.py --train DIR/train --eval DIR/eval,../../docs/eval --out ../default/encoder
"""
import argparse
import math
import os
import random
import time
from collections import Counter

import numpy as np
import torch

import data
import dev
import export
import ppmi
import train
from translate import Translator
from wordpiece import SPECIALS, Tokenizer, learn_vocabulary, words

DIMS = 256
GRAMS = 30000  # buckets of character n-grams
# One training run each: its steps, and the share of English queries that it sees translated word by word.
RUNS = ((1500, 0.0), (1200, 0.4))
# Sources whose Chinese side says which words are common.
CHINESE = ("par_zh_en", "doc_heading_para", "qa_cmrc2018", "nli_zh_snli", "sts_zh_train")


def translate(batches, sources, embed, tok, banned, seed, log):
    """Gives the query sources of batches a translation of each text, unless that is an evaluation text."""
    lexicon = next(s for s in sources if s.name == "lex_cedict_en_zh")
    corpus = [t for s in sources if s.name in CHINESE for t in s.b]
    tr = Translator(zip(lexicon.a, lexicon.b), corpus, embed, np.random.default_rng(seed))
    for s in sources:
        if s.b is None:
            zh = [z if z and data.key(z) not in banned else None for z in tr(s.a)]
            batches.translate(s.name, [tok.encode(z, 48) if z else None for z in zh])
            log(f"translated {sum(z is not None for z in zh)} of {len(zh)} texts of {s.name}")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--train", required=True, help="folder of the training files")
    p.add_argument("--eval", type=data.folders, required=True, help="folders of the evaluation files, separated by commas: for the overlap check; the first also for the report")
    p.add_argument("--out", required=True, help="folder of the bundle")
    p.add_argument("--merges", type=int, default=14000)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    args = p.parse_args()
    random.seed(args.seed)
    np.random.seed(args.seed)
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    start = time.time()
    log = lambda s: print(f"{time.time() - start:6.0f}s {s}", flush=True)

    banned = data.evaluation_texts(args.eval)
    sources = data.load(args.train, banned)
    log(f"{sum(len(s.a) for s in sources)} rows of {len(sources)} sources")
    texts = sorted({t for s in sources for t in s.texts()})
    counts = Counter(w for t in texts for w in words(t))
    tok = Tokenizer(learn_vocabulary(counts, args.merges))
    log(f"vocabulary {len(tok.vocab)}")

    seqs = [np.array(tok.encode(t)[1:], np.int64) for t in texts]
    df = np.zeros(len(tok.vocab))
    for s in seqs:
        df[np.unique(s)] += 1
    df[tok.ids["[CLS]"]] = len(seqs)
    idf = np.log1p(len(seqs) / (df + 1))
    idf = np.clip(idf / math.log1p(len(seqs)) * 2, 0.05, None).astype(np.float32)
    table = ppmi.vectors(seqs, len(tok.vocab), DIMS, seed=args.seed)
    log(f"ppmi over {sum(map(len, seqs))} tokens")

    def embedder(rows):
        def embed(texts):
            v = np.array([rows[tok.encode(t, 32)].sum(0) for t in texts])
            return v / np.linalg.norm(v, axis=1, keepdims=True)
        return embed

    # Runs start from the same vectors and stay in one basin, so the mean of their weights is a model, and a better one
    # than each (model soups, Wortsman et al. 2022). The second sees part of the queries in translation by the first.
    batches = train.Batches(sources, lambda t: tok.encode(t, 48), 512, args.seed)
    runs = []
    for i, (steps, share) in enumerate(RUNS):
        torch.manual_seed(args.seed)
        batches.rng = np.random.default_rng(args.seed)
        if share and not batches.translated:
            translate(batches, sources, embedder(runs[0]), tok, banned, args.seed, log)
        model = train.Encoder(table, idf, train.Grams(tok.vocab, GRAMS))
        train.fit(model, batches, steps, translated=share, log=log)
        runs.append(model.folded())
        log(f"run {i + 1} {dev.report(embedder(runs[-1]), args.eval[0])}")
    folded = sum(runs) / len(runs)
    figures = dev.report(embedder(folded), args.eval[0])
    log(f"mean {figures}")

    # Whoever asks for a vector without our normaliser (the OpenAI route) may send traditional characters: they share
    # the rows of their simplified forms.
    twins = [(chr(a), tok.ids[chr(b)]) for a, b in sorted(data.SIMPLIFIED.items()) if chr(a) not in tok.ids and chr(b) in tok.ids]
    tok = Tokenizer(tok.vocab + [t for t, _ in twins])
    folded = np.concatenate([folded, folded[[i for _, i in twins]]])
    log(f"vocabulary {len(tok.vocab)} with {len(twins)} traditional characters")

    # A random rotation changes no cosine and spreads each vector over all its coordinates:
    # without it, rows with one large value lose too much to int8.
    q, _ = np.linalg.qr(np.random.default_rng(args.seed).normal(size=(DIMS, DIMS)))
    folded = (folded @ q).astype(np.float32)
    folded[[SPECIALS.index("[PAD]"), SPECIALS.index("[MASK]")]] = 0  # they never carry meaning
    os.makedirs(args.out, exist_ok=True)
    export.bundle(args.out, tok, folded, figures, embedder(folded), sources, log)
    log("done")


if __name__ == "__main__":
    main()

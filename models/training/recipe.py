"""Makes the bundled encoder. See README.md beside this file.

    python3 recipe.py --train DIR/train --eval DIR/eval --out ../default/encoder
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
from wordpiece import SPECIALS, Tokenizer, learn_vocabulary, words

DIMS = 256


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--train", required=True, help="folder of the training files")
    p.add_argument("--eval", required=True, help="folder of the evaluation files: for the overlap check and the report")
    p.add_argument("--out", required=True, help="folder of the bundle")
    p.add_argument("--steps", type=int, default=1500)
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

    sources = data.load(args.train, data.evaluation_texts(args.eval))
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

    model = train.Encoder(table, idf)

    def embed(batch):
        out = []
        with torch.no_grad():
            for i in range(0, len(batch), 1024):
                ids, mask = train.pad([tok.encode(t, 32) for t in batch[i:i + 1024]], 32)
                out.append(model(torch.from_numpy(ids), torch.from_numpy(mask)).numpy())
        return np.concatenate(out)

    untrained = dev.report(embed, args.eval)
    log(f"untrained {untrained}")
    batches = train.Batches(sources, lambda t: tok.encode(t, 48), 512, args.seed)
    train.fit(model, batches, args.steps, log=log)
    figures = dev.report(embed, args.eval)
    log(f"trained {figures}")

    # A random rotation changes no cosine and spreads each vector over all its coordinates:
    # without it, rows with one large value lose too much to int8.
    q, _ = np.linalg.qr(np.random.default_rng(args.seed).normal(size=(DIMS, DIMS)))
    with torch.no_grad():
        model.table.copy_(model.table @ torch.from_numpy(q.astype(np.float32)))
        folded = (model.table * torch.nn.functional.softplus(model.weight)[:, None]).numpy()
    folded[[SPECIALS.index("[PAD]"), SPECIALS.index("[MASK]")]] = 0  # they never carry meaning
    os.makedirs(args.out, exist_ok=True)
    export.bundle(args.out, tok, folded, figures, embed, sources, log)
    log("done")


if __name__ == "__main__":
    main()

"""Makes the bundled pair model. See README.md beside this file.

    python3 make.py --train DIR/train --eval DIR/eval,../../../docs/eval --encoder ../../default/encoder --out ../../default/pair
"""
import argparse
import json
import os
import pickle
import random
import sys
import time

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.dirname(HERE))

import data  # noqa: E402
import onnx  # noqa: E402
from onnx import numpy_helper  # noqa: E402
from translate import Translator  # noqa: E402
from wordpiece import Tokenizer  # noqa: E402

import fit  # noqa: E402
import graph  # noqa: E402
import groups  # noqa: E402
import measure  # noqa: E402
import net  # noqa: E402

DIMS, LIMIT = 128, 96
RATES = (2e-3, 1.2e-3)  # of each round of training: a second one, from a lower rate, is worth more than a longer first
TRAINED = 64  # tokens of a pair in training
SIMPLIFIED = os.path.join(HERE, "..", "..", "..", "internal", "text", "data", "simplified.txt")


def encoder(folder):
    """The encoder's tokenizer and token vectors: where the pair model's table begins."""
    with open(os.path.join(folder, "tokenizer.json"), encoding="utf-8") as f:
        ids = json.load(f)["model"]["vocab"]
    init = {x.name: numpy_helper.to_array(x) for x in onnx.load(os.path.join(folder, "model.onnx")).graph.initializer}
    return Tokenizer(sorted(ids, key=ids.get)), init["rows"].astype(np.float32) * init["scales"][:, None]


def reduced(rows, dims):
    """Directions of the rows in their first principal dimensions, and the log of their lengths."""
    _, vec = np.linalg.eigh(rows.T.astype(np.float64) @ rows)
    x = rows @ vec[:, ::-1][:, :dims]
    n = np.linalg.norm(x, axis=1, keepdims=True)
    x, n = x / np.maximum(n, 1e-6), np.maximum(n, np.median(n) * .02)
    return (4 * x).astype(np.float32), np.log(n[:, 0] / n.mean()).astype(np.float32)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--train", required=True, help="folder of the training files")
    p.add_argument("--eval", type=data.folders, required=True, help="folders of the evaluation files, separated by commas: for the overlap check; the first also for the report")
    p.add_argument("--encoder", required=True, help="bundle whose tokenizer is taken and whose table is the beginning")
    p.add_argument("--out", help="folder of the bundle; none = only the figures")
    p.add_argument("--steps", type=int, nargs="+", default=[2600, 1800], help="of each round")
    p.add_argument("--size", type=int, default=96, help="pairs a batch")
    p.add_argument("--hidden", type=int, default=96)
    p.add_argument("--no-conv", action="store_true", help="to compare: tokens do not see their neighbours")
    p.add_argument("--no-hard", action="store_true", help="to compare: wrong texts are drawn at random")
    p.add_argument("--cache", help="file to keep the built pairs in, for comparisons")
    p.add_argument("--resume", help="file of weights that --keep wrote: no training, only measuring and writing the bundle")
    p.add_argument("--onward", help="file of weights that --keep wrote after the first round: only the others are made")
    p.add_argument("--keep", help="file to keep the weights in, for comparisons")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--quick", action="store_true", help="a report on fewer questions")
    args = p.parse_args()
    random.seed(args.seed)
    np.random.seed(args.seed)
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    start = time.time()
    log = lambda s: print(f"{time.time() - start:6.0f}s {s}", flush=True)

    tok, rows = encoder(args.encoder)
    pieces = {}

    def encode(t):
        got = pieces.get(t)
        if got is None:
            got = pieces[t] = tok.encode(t)[1:]
        return got

    def embed(texts):
        v = np.array([rows[tok.encode(t, 48)].sum(0) for t in texts])
        return v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-9)

    if args.cache and os.path.exists(args.cache):
        with open(args.cache, "rb") as f:
            units, held = pickle.load(f)
    else:
        units, held = build(args, embed, log)
        if args.cache:
            with open(args.cache, "wb") as f:
                pickle.dump((units, held), f)
    log(f"{len(units)} units, {sum(len(u.pairs) for u in units)} pairs")

    table, weight = reduced(rows, DIMS)
    model = net.Net(table, weight, net.kinds(tok.vocab), hidden=args.hidden, conv=not args.no_conv)
    if args.resume:
        model.load_state_dict(torch.load(args.resume))
        model.eval()
    else:
        feed = fit.Data(units, encode, TRAINED, args.size, args.seed)
        log("encoded")
        rounds = list(zip(args.steps, RATES))
        if args.onward:
            model.load_state_dict(torch.load(args.onward))
            rounds = rounds[1:]
        for steps, rate in rounds:
            fit.fit(model, feed, steps, lr=rate, table_lr=.3 * rate, log=log)
        log("trained")
    if args.keep:
        torch.save(model.state_dict(), args.keep)
    graph.quantised(model)  # what is measured is what ships
    score = fit.scorer(model, encode, LIMIT)
    figures = measure.report(score, embed, args.eval[0], held, quick=args.quick)
    for k, v in figures.items():
        log(f"{k}: {v}")
    if args.out:
        graph.bundle(args.out, args.encoder, model, score, encode, LIMIT, figures, log)
    log("done")


def build(args, embed, log):
    banned = data.evaluation_texts(args.eval)
    sources = data.load(args.train, banned)
    by = {s.name: s for s in sources}
    lexicon = by["lex_cedict_en_zh"]
    corpus = [t for n in groups.CHINESE for t in by[n].b]
    tr = Translator(zip(lexicon.a, lexicon.b), corpus, embed, np.random.default_rng(args.seed))
    b = groups.Builder(sources, embed, lambda t: data.key(t) in banned, groups.read_traditional(SIMPLIFIED), tr, args.seed, hard=not args.no_hard)
    units = groups.allowed(b.all(log), lambda t: data.key(t) in banned, log)
    base, pairs = b.bases()
    held = b.edited(base, pairs, want_held=True)
    return units, held


if __name__ == "__main__":
    main()

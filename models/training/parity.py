"""Writes what training computes for many texts and pairs, without ONNX, for the Go side to compare with its own.

    python3 parity.py --train DIR/train --encoder ../default/encoder --pair ../default/pair --out FILE.jsonl

One JSON line each: text and vector (float32, base64) for the encoder, or text, pair and score (the raw logit) for the
pair model. `make models-parity` runs this and inference/parity.
"""
import argparse
import base64
import json
import os
import sys

import numpy as np
import onnx
from onnx import numpy_helper

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "pair"))

import fit  # noqa: E402
import graph  # noqa: E402
from data import rows  # noqa: E402
from wordpiece import Tokenizer  # noqa: E402

FILES = ("intent_bitext20k", "intent_hwu64", "par_zh_en", "nli_zh_snli", "doc_heading_para", "qa_cmrc2018", "sts_en_train", "sts_zh_train")


def tokenizer(folder):
    with open(os.path.join(folder, "tokenizer.json"), encoding="utf-8") as f:
        ids = json.load(f)["model"]["vocab"]
    return Tokenizer(sorted(ids, key=ids.get))


def limit(folder, kind):
    with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as f:
        return json.load(f)["max_tokens"][kind]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--train", required=True)
    p.add_argument("--encoder", required=True)
    p.add_argument("--pair", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--lines", type=int, default=10000, help="lines of each model")
    args = p.parse_args()
    rng = np.random.default_rng(1)
    texts, pairs = [], []
    for name in FILES:
        # Some sources have empty cells; an empty text has no vector, and serving refuses it.
        table = [r for r in rows(os.path.join(args.train, name + ".tsv")) if r[0].strip() and r[1].strip()]
        for i in rng.permutation(len(table))[:args.lines // len(FILES) + 100]:
            a, b = table[i][:2]
            texts.append(a if name.startswith("intent") or i % 2 else b)
            pairs.append((a, table[rng.integers(len(table))][0] if name.startswith("intent") else b))
    texts, pairs = texts[:args.lines], pairs[:args.lines]
    if len(texts) < args.lines:
        sys.exit(f"parity.py: the training files have {len(texts)} lines, {args.lines} are wanted")

    init = {x.name: numpy_helper.to_array(x) for x in onnx.load(os.path.join(args.encoder, "model.onnx")).graph.initializer}
    table, tok, most = init["rows"].astype(np.float64) * init["scales"][:, None], tokenizer(args.encoder), limit(args.encoder, "question")
    with open(args.out, "w", encoding="utf-8") as f:
        for t in texts:
            v = table[tok.encode(t, most)].sum(0)
            v = (v / np.linalg.norm(v)).astype("<f4")
            f.write(json.dumps({"text": t, "vector": base64.b64encode(v.tobytes()).decode()}, ensure_ascii=False) + "\n")
        tok, most = tokenizer(args.pair), limit(args.pair, "passage")
        score = fit.scorer(graph.restored(os.path.join(args.pair, "model.onnx")), lambda t: tok.encode(t)[1:], most)
        for (a, b), s in zip(pairs, score(pairs)):
            f.write(json.dumps({"text": a, "pair": b, "score": float(s)}, ensure_ascii=False) + "\n")
    print(f"{len(texts)} texts, {len(pairs)} pairs in {args.out}")


if __name__ == "__main__":
    main()

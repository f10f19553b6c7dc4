"""Trains the small SentencePiece models of these tests and writes them as tokenizer.json.

    /usr/bin/python3 train.py TRAIN_DIR OUT_DIR      (Debian: python3-sentencepiece)

TRAIN_DIR holds par_zh_en.tsv (only its rows of Tatoeba are read, CC BY 2.0 FR); the lines of other scripts are in
lines.txt beside this file and were written for it.
"""
import base64
import gzip
import io
import json
import os
import random
import struct
import sys

import sentencepiece as spm


def fields(data):
    """Yields number and value of a protobuf message's fields."""
    at = 0

    def varint():
        nonlocal at
        x = shift = 0
        while True:
            b = data[at]
            at += 1
            x |= (b & 127) << shift
            shift += 7
            if b < 128:
                return x

    while at < len(data):
        key = varint()
        kind = key & 7
        if kind == 0:
            yield key >> 3, varint()
        elif kind == 2:
            n = varint()
            yield key >> 3, data[at:at + n]
            at += n
        else:
            n = {1: 8, 5: 4}[kind]
            yield key >> 3, data[at:at + n]
            at += n


def read(model):
    """Pieces (text, score) and the charsmap of a SentencePiece model."""
    pieces, charsmap = [], b""
    for number, value in fields(model):
        if number == 1:
            piece, score = "", 0.0
            for n, v in fields(value):
                if n == 1:
                    piece = v.decode()
                elif n == 2:
                    score = struct.unpack("<f", v)[0]
            pieces.append((piece, score))
        elif number == 3:
            charsmap = dict(fields(value)).get(2, b"")
    return pieces, charsmap


def train(lines, **options):
    out = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=out, character_coverage=0.9995, num_threads=1,
        minloglevel=2, unk_id=0, bos_id=1, eos_id=2, pad_id=-1, **options)
    return read(out.getvalue())


def added(*tokens):
    return [{"id": i, "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
             "special": True} for i, t in enumerate(tokens)]


def template(before, after):
    part = lambda i, t: {"SpecialToken": {"id": i, "type_id": t}}
    text = lambda s, t: {"Sequence": {"id": s, "type_id": t}}
    return {"type": "TemplateProcessing",
            "single": [part("<s>", 0), text("A", 0), part("</s>", 0)],
            "pair": [part("<s>", 0), text("A", 0), part("</s>", 0), part("</s>", 0), text("B", 0), part("</s>", 0)],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [before], "tokens": ["<s>"]},
                               "</s>": {"id": "</s>", "ids": [after], "tokens": ["</s>"]}}}


def write(path, body):
    body = {"version": "1.0", "truncation": None, "padding": None, **body}
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    with open(path, "wb") as f, gzip.GzipFile(fileobj=f, mode="wb", mtime=0, filename="") as z:
        z.write(raw)
    print(path, len(raw), os.path.getsize(path))


def unigram(path, pieces, charsmap, fallback):
    write(path, {
        "added_tokens": added("<unk>", "<s>", "</s>"),
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(charsmap).decode()},
            {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        "post_processor": template(1, 2),
        "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": fallback, "vocab": [[p, s] for p, s in pieces]},
    })


def bpe(path, pieces):
    """Llama's form: no pre-tokenizer, spaces become ▁ in the normalizer."""
    ids = {p: i for i, (p, _) in enumerate(pieces)}
    merges = []
    for p, _ in pieces:
        best = []
        for k in range(1, len(p)):
            if p[:k] in ids and p[k:] in ids:
                best.append((p[:k], p[k:], ids[p]))
        merges += sorted(best, key=lambda m: (ids[m[0]], ids[m[1]]))
    merges.sort(key=lambda m: m[2])
    write(path, {
        "added_tokens": added("<unk>", "<s>", "</s>"),
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"},
            {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
        "pre_tokenizer": None,
        "post_processor": template(1, 2),
        "decoder": None,
        "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
                  "vocab": ids, "merges": [m[0] + " " + m[1] for m in merges]},
    })


def main(data, out):
    here = os.path.dirname(os.path.abspath(__file__))
    lines = []
    with open(os.path.join(data, "par_zh_en.tsv"), encoding="utf-8") as f:
        for row in f:
            en, zh, source = row.rstrip("\n").split("\t")
            if source == "tatoeba":
                lines += [en, zh]
    random.Random(7).shuffle(lines)
    lines = lines[:16000]
    with open(os.path.join(here, "lines.txt"), encoding="utf-8") as f:
        lines += [s for s in f.read().split("\n") if s] * 8
    at = lambda n: os.path.join(out, n)
    unigram(at("unigram-bytes.tokenizer.json.gz"), *train(
        lines, model_type="unigram", vocab_size=6000, byte_fallback=True, normalization_rule_name="nmt_nfkc"), True)
    unigram(at("unigram.tokenizer.json.gz"), *train(
        lines, model_type="unigram", vocab_size=4000, normalization_rule_name="nmt_nfkc"), False)
    bpe(at("spbpe-bytes.tokenizer.json.gz"), train(
        lines, model_type="bpe", vocab_size=6000, byte_fallback=True, normalization_rule_name="identity")[0])


main(*sys.argv[1:])

"""Makes default/static from default/encoder: the same table, tokenizer and golden values for the encoder in pure Go.

    python3 models/training/static.py

Needs Debian's python3-numpy and python3-onnx. The result is a function of the files in default/encoder alone.
"""
import hashlib
import json
import os
import shutil
import struct

import numpy as np
import onnx
from onnx import numpy_helper

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, "..", "default", "encoder")
TARGET = os.path.join(HERE, "..", "default", "static")


def safetensors(path, tensors):
    """Header of JSON, padded with spaces to eight bytes as the reference writer does, then the tensors in order."""
    head, at, names = {}, 0, {"int8": "I8", "float32": "F32"}
    for name, x in tensors.items():
        head[name] = {"dtype": names[x.dtype.name], "shape": list(x.shape), "data_offsets": [at, at + x.nbytes]}
        at += x.nbytes
    raw = json.dumps(head, separators=(",", ":")).encode()
    raw += b" " * (-len(raw) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(raw)) + raw)
        for x in tensors.values():
            f.write(x.astype(x.dtype.newbyteorder("<")).tobytes())


def digest(name):
    with open(os.path.join(TARGET, name), "rb") as f:
        b = f.read()
    return {"path": name, "sha256": hashlib.sha256(b).hexdigest(), "size": len(b)}


def fingerprint(m):
    """As models/validate.go computes it."""
    t = m["table"]
    lines = ["frontdesk-model-1", m["name"], m["version"], m["task"], str(m["dims"]),
             str(m["max_tokens"]["question"]), str(m["max_tokens"]["passage"]),
             json.dumps(m["prefixes"]["question"]), json.dumps(m["prefixes"]["passage"]),
             m["files"]["tokenizer"]["sha256"], m["files"]["model"]["sha256"],
             "runtime=static", "pooling=mean", "normalize=true",
             "table={%s %s %s}" % (t["rows"], t["scales"], t.get("weights", ""))]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def main():
    os.makedirs(TARGET, exist_ok=True)
    with open(os.path.join(SOURCE, "manifest.json"), encoding="utf-8") as f:
        base = json.load(f)
    graph = onnx.load(os.path.join(SOURCE, "model.onnx")).graph
    init = {x.name: numpy_helper.to_array(x) for x in graph.initializer}
    safetensors(os.path.join(TARGET, "model.safetensors"), {"rows": init["rows"], "scales": init["scales"]})
    for name in ("tokenizer.json", "golden.jsonl"):
        shutil.copyfile(os.path.join(SOURCE, name), os.path.join(TARGET, name))
    m = {
        "name": "frontdesk-native-zh-en", "version": base["version"], "task": "embed", "runtime": "static",
        "dims": base["dims"], "max_tokens": base["max_tokens"], "pooling": "mean", "normalize": True,
        "prefixes": base["prefixes"], "languages": base["languages"], "license": base["license"],
        "table": {"rows": "rows", "scales": "scales"},
        "files": {"model": digest("model.safetensors"), "tokenizer": digest("tokenizer.json"),
                  "golden": digest("golden.jsonl")},
    }
    m["fingerprint"] = fingerprint(m)
    with open(os.path.join(TARGET, "manifest.json"), "w", encoding="utf-8") as f:
        json.dump(m, f, indent=2, ensure_ascii=False)
        f.write("\n")


if __name__ == "__main__":
    main()

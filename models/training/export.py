"""Writes the bundle: ONNX graph, tokenizer.json, golden vectors, manifest."""
import base64
import hashlib
import json
import os

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

NAME, VERSION = "frontdesk-static-zh-en", "2"
QUESTION, PASSAGE = 128, 256


def quantise(folded):
    """int8 rows with one scale each."""
    scale = np.abs(folded).max(1, keepdims=True) / 127
    scale[scale == 0] = 1e-8
    return np.clip(np.rint(folded / scale), -127, 127).astype(np.int8), scale.astype(np.float32)


def graph(q, scale):
    """Gather, dequantise, masked weighted sum, L2: a mean's divisor cancels in the last step."""
    node = helper.make_node
    nodes = [
        node("Gather", ["rows", "input_ids"], ["rows_i8"]),
        node("Cast", ["rows_i8"], ["rows_f"], to=TensorProto.FLOAT),
        node("Gather", ["scales", "input_ids"], ["scale_t"]),
        node("Cast", ["attention_mask"], ["mask_f"], to=TensorProto.FLOAT),
        node("Mul", ["scale_t", "mask_f"], ["weight"]),
        node("Unsqueeze", ["weight", "axis1"], ["weight_row"]),
        node("MatMul", ["weight_row", "rows_f"], ["sum3"]),
        node("Squeeze", ["sum3", "axis1"], ["sum"]),
        node("ReduceL2", ["sum"], ["norm"], axes=[1], keepdims=1),
        node("Max", ["norm", "tiny"], ["norm_safe"]),
        node("Div", ["sum", "norm_safe"], ["embedding"]),
    ]
    init = [
        numpy_helper.from_array(q, "rows"),
        numpy_helper.from_array(scale[:, 0].copy(), "scales"),
        numpy_helper.from_array(np.array([1], np.int64), "axis1"),
        numpy_helper.from_array(np.array(1e-12, np.float32), "tiny"),
    ]
    info = helper.make_tensor_value_info
    g = helper.make_graph(
        nodes, "static_encoder",
        [info("input_ids", TensorProto.INT64, ["batch", "seq"]),
         info("attention_mask", TensorProto.INT64, ["batch", "seq"])],
        [info("embedding", TensorProto.FLOAT, ["batch", q.shape[1]])], init)
    m = helper.make_model(g, producer_name="frontdesk", opset_imports=[helper.make_opsetid("", 17)])
    m.ir_version = 8
    onnx.checker.check_model(m)
    return m


def golden(path, tok, rows, texts):
    """One JSON line a text: ids and the vector in fp16, computed here without ONNX."""
    with open(path, "w", encoding="utf-8") as f:
        for t in texts:
            ids = tok.encode(t, QUESTION)
            v = rows[ids].sum(0)
            v = v / np.linalg.norm(v)
            f.write(json.dumps({"text": t, "ids": ids, "vector": base64.b64encode(v.astype("<f2").tobytes()).decode()},
                               ensure_ascii=False) + "\n")


def digest(path):
    with open(path, "rb") as f:
        b = f.read()
    return {"sha256": hashlib.sha256(b).hexdigest(), "size": len(b)}


def fingerprint(m):
    """Names the vector space: what changes a vector changes this. models/manifest.go computes the same."""
    lines = ["frontdesk-model-1", m["name"], m["version"], m["task"], str(m["dims"]),
             str(m["max_tokens"]["question"]), str(m["max_tokens"]["passage"]),
             json.dumps(m["prefixes"]["question"]), json.dumps(m["prefixes"]["passage"]),
             m["files"]["tokenizer"]["sha256"], m["files"]["model"]["sha256"]]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def bundle(out, tok, folded, figures, embed, sources, log):
    q, scale = quantise(folded)
    rows = q.astype(np.float64) * scale
    at = lambda n: os.path.join(out, n)
    onnx.save(graph(q, scale), at("model.onnx"))
    with open(at("tokenizer.json"), "w", encoding="utf-8") as f:
        f.write(tok.to_json())
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "golden_texts.txt"), encoding="utf-8") as f:
        texts = [json.loads(line) for line in f if line.strip()]
    golden(at("golden.jsonl"), tok, rows, texts)

    sample = [t for s in sources for t in s.a[:200]] + texts
    v = []
    for t in sample:
        x = rows[tok.encode(t, 32)].sum(0)
        v.append(x / np.linalg.norm(x))
    cos = float((np.array(v) * embed(sample)).sum(1).min())
    log(f"int8 against fp32: minimum cosine {cos:.6f} over {len(sample)} texts")
    if cos < 0.9999:
        raise SystemExit("quantisation costs too much")

    m = {
        "name": NAME, "version": VERSION, "task": "embed", "runtime": "onnx", "dims": int(q.shape[1]),
        "max_tokens": {"question": QUESTION, "passage": PASSAGE},
        "pooling": "graph",
        "prefixes": {"question": "", "passage": ""},
        "languages": ["zh", "en"], "license": "CC-BY-SA-4.0",
        "graph": {"ids": "input_ids", "mask": "attention_mask", "output": "embedding"},
        "files": {role: dict(path=n, **digest(at(n))) for role, n in
                  (("model", "model.onnx"), ("tokenizer", "tokenizer.json"), ("golden", "golden.jsonl"))},
    }
    m["fingerprint"] = fingerprint(m)
    with open(at("manifest.json"), "w", encoding="utf-8") as f:
        json.dump(m, f, indent=2, ensure_ascii=False)
        f.write("\n")
    with open(at("figures.json"), "w", encoding="utf-8") as f:
        json.dump(dict(figures, int8_min_cosine=round(cos, 6), vocabulary=len(tok.vocab)), f, indent=2)
        f.write("\n")

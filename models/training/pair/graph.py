"""Writes the pair model as ONNX, step by step as net.Net.forward, with a table of int8 rows, and its bundle."""
import hashlib
import json
import os
import shutil

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

NAME, VERSION = "frontdesk-pair-zh-en", "2"
HERE = os.path.dirname(os.path.abspath(__file__))


def rows_of(table):
    """int8 rows with one scale each."""
    scale = np.abs(table).max(1, keepdims=True) / 127
    scale[scale == 0] = 1e-8
    return np.clip(np.rint(table / scale), -127, 127).astype(np.int8), scale.astype(np.float32)


def quantised(model):
    """Rounds the table to what the graph holds, so that golden scores and figures are those of the file."""
    with torch.no_grad():
        q, scale = rows_of(model.table.numpy())
        model.table.copy_(torch.from_numpy(q.astype(np.float32) * scale))
    model.rounded = q, scale


class Graph:
    """Collects nodes and constants; a call returns the name of its output."""

    def __init__(self):
        self.nodes, self.init = [], []

    def __call__(self, op, *inputs, **attributes):
        out = f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [out], name=out, **attributes))
        return out

    def const(self, value, name=None):
        name = name or f"c{len(self.init)}"
        self.init.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def axis(self, *axes):
        return self.const(np.array(axes, np.int64))

    def scalar(self, v):
        return self.const(np.array(v, np.float32))

    def linear(self, x, layer, name):
        y = self("MatMul", x, self.const(layer.weight.detach().numpy().T.copy(), name))
        return y if layer.bias is None else self("Add", y, self.const(layer.bias.detach().numpy(), name + "_bias"))

    def cut(self, x, axis, start, end):
        return self("Slice", x, self.axis(start), self.axis(end), self.axis(axis))


def graph(model):
    from net import SEP, UNK
    g, one, end = Graph(), "one", np.iinfo(np.int64).max
    g.const(np.array(1, np.float32), one)
    q, scale = model.rounded
    ids = "input_ids"
    last, mid = g.axis(-1), g.axis(1)
    up = lambda x: g("Unsqueeze", x, last)    # [b, s] → [b, s, 1]
    flat = lambda x: g("Unsqueeze", x, mid)   # [b, s] → [b, 1, s]
    number = lambda x: g("Cast", x, to=TensorProto.FLOAT)

    m = number("attention_mask")
    known = number(g("Greater", ids, g.const(np.array(SEP, np.int64))))
    unknown = number(g("Equal", ids, g.const(np.array(UNK, np.int64))))
    real = g("Mul", m, g("Add", known, unknown))
    b = g("Mul", real, number("token_type_ids"))
    a = g("Sub", real, b)
    e = g("Mul", number(g("Gather", g.const(q, "rows"), ids)), up(g("Gather", g.const(scale[:, 0].copy(), "scales"), ids)))
    x = g("Mul", e, up(m))
    w = g("Mul", g("Gather", g.const(np.exp(model.weight.detach().numpy()), "weights"), ids), real)
    kind = number(g("Gather", g.const(model.kind.numpy().astype(np.int8), "kinds"), ids))

    same = g("Mul", number(g("Equal", up(ids), flat(ids))), flat(known))
    across = g("MatMul", up(a), flat(b))
    cross = g("Add", across, g("Transpose", across, perm=[0, 2, 1]))
    exact = g("Mul", same, cross)
    later = g.cut(g.cut(exact, 1, 1, end), 2, 1, end)
    former = g.cut(g.cut(exact, 1, 0, -1), 2, 0, -1)
    left = g("Pad", g("Mul", later, former), g.axis(0, 1, 1, 0, 0, 0))

    key = g.linear(x, model.key, "key")
    norm = lambda v: g("Div", v, g("Sqrt", g("Add", g("ReduceSum", g("Mul", v, v), last, keepdims=1), g.scalar(1e-6))))
    key = norm(key)
    cos = g("MatMul", key, g("Transpose", key, perm=[0, 2, 1]))
    by = [g.const(x, f"sharp_{i}") for i, x in enumerate(model.sharp.detach().numpy())]
    score = g("Add", g("Add", g("Mul", cos, by[0]), g("Mul", exact, by[1])), g("Mul", left, by[2]))
    score = g("Add", score, g("Mul", g("Sub", cross, one), g.scalar(1e4)))
    att = g("Mul", g("Softmax", score, axis=-1), cross)

    near = x
    if model.conv:
        pad = g("Pad", x, g.axis(0, 1, 0, 0, 1, 0))
        near = g("Concat", g.cut(pad, 1, 0, -2), x, g.cut(pad, 1, 2, end), axis=-1)
    h = g("Mul", g("Relu", g.linear(near, model.context, "context")), up(real))
    other = g("MatMul", att, h)
    best = g("ReduceMax", g("Mul", g("Add", cos, one), cross), axes=[-1], keepdims=0)
    m1 = g("ReduceMax", exact, axes=[-1], keepdims=0)
    m2 = g("ReduceMax", left, axes=[-1], keepdims=0)
    miss = g("Mul", up(g("Sub", one, m1)), kind)
    token = g("Concat", up(best), up(m1), up(m2), up(w), kind, miss, axis=-1)
    both = g("Concat", h, other, g("Abs", g("Sub", h, other)), g("Mul", h, other), token, axis=-1)
    v = g("Relu", g.linear(both, model.compare, "compare"))

    pooled, sides, bags = [], [], []
    col = g("Concat", up(best), up(m1), up(m2), axis=-1)
    tally = g("Concat", miss, g("Mul", kind, up(m1)), axis=-1)
    row = lambda weights, x: g("Squeeze", g("MatMul", flat(weights), x), mid)
    log1p = lambda x: g("Log", g("Add", x, one))
    for s in (a, b):
        ws = g("Mul", w, s)
        share = g("Div", ws, g("Add", g("ReduceSum", ws, mid, keepdims=1), g.scalar(1e-6)))
        pooled += [row(share, v), g("ReduceMax", g("Mul", v, up(s)), axes=[1], keepdims=0)]
        worst = g("ReduceMax", g("Mul", g("Sub", g.scalar(2), best), s), axes=[1], keepdims=1)
        sides += [row(share, col), worst, log1p(row(s, tally)), log1p(g("ReduceSum", s, mid, keepdims=1))]
        bags.append(norm(row(ws, e)))
    near = g("ReduceSum", g("Mul", *bags), last, keepdims=1)
    z = g("Relu", g.linear(g("Concat", *pooled, *sides, near, axis=-1), model.inner, "inner"))
    logit = g("Add", g.linear(z, model.outer, "outer"), g("Mul", near, g.const(model.direct.detach().numpy(), "direct")))
    g.nodes.append(helper.make_node("Identity", [logit], ["logit"]))

    info = helper.make_tensor_value_info
    made = helper.make_graph(
        g.nodes, "pair", [info(n, TensorProto.INT64, ["batch", "seq"]) for n in (ids, "attention_mask", "token_type_ids")],
        [info("logit", TensorProto.FLOAT, ["batch", 1])], g.init)
    out = helper.make_model(made, producer_name="frontdesk", opset_imports=[helper.make_opsetid("", 17)])
    out.ir_version = 8
    onnx.checker.check_model(out)
    return out


def restored(path):
    """The model whose graph a file holds, to compute without ONNX what the graph computes."""
    from net import Net
    got = {x.name: numpy_helper.to_array(x) for x in onnx.load(path).graph.initializer}
    table = got["rows"].astype(np.float32) * got["scales"][:, None]
    d, (wide, hidden) = table.shape[1], got["context"].shape
    model = Net(table, np.log(got["weights"]), got["kinds"].astype(np.float32), hidden=hidden, key=got["key"].shape[1], conv=wide != d)
    with torch.no_grad():
        for name in ("context", "key", "compare", "inner", "outer"):
            layer = getattr(model, name)
            layer.weight.copy_(torch.from_numpy(got[name].T.copy()))
            if layer.bias is not None:
                layer.bias.copy_(torch.from_numpy(got[name + "_bias"].copy()))
        model.sharp.copy_(torch.tensor([float(got[f"sharp_{i}"]) for i in range(3)]))
        model.direct.copy_(torch.from_numpy(got["direct"].copy()))
    return model.eval()


def digest(path):
    with open(path, "rb") as f:
        b = f.read()
    return {"sha256": hashlib.sha256(b).hexdigest(), "size": len(b)}


def fingerprint(m):
    """As models/validate.go computes it."""
    lines = ["frontdesk-model-1", m["name"], m["version"], m["task"], "0",
             str(m["max_tokens"]["question"]), str(m["max_tokens"]["passage"]),
             json.dumps(m["prefixes"]["question"]), json.dumps(m["prefixes"]["passage"]),
             m["files"]["tokenizer"]["sha256"], m["files"]["model"]["sha256"],
             "types=" + m["graph"]["types"], "activation=" + m["activation"]]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def bundle(out, encoder, model, score, encode, limit, figures, log):
    from net import join
    at = lambda n: os.path.join(out, n)
    os.makedirs(out, exist_ok=True)
    onnx.save(graph(model), at("model.onnx"))
    shutil.copyfile(os.path.join(encoder, "tokenizer.json"), at("tokenizer.json"))
    with open(os.path.join(HERE, "golden_pairs.jsonl"), encoding="utf-8") as f:
        pairs = [tuple(json.loads(line)) for line in f if line.strip()]
    with open(at("golden.jsonl"), "w", encoding="utf-8") as f:
        for (a, b), s in zip(pairs, score(pairs, size=1)):
            ids = join(encode(a), encode(b), limit)[0]
            f.write(json.dumps({"text": a, "pair": b, "ids": ids, "scores": [round(float(s), 6)]}, ensure_ascii=False) + "\n")
    m = {
        "name": NAME, "version": VERSION, "task": "rerank", "runtime": "onnx",
        "max_tokens": {"question": limit, "passage": limit},
        "prefixes": {"question": "", "passage": ""},
        "activation": "sigmoid", "languages": ["zh", "en"], "license": "CC-BY-SA-4.0",
        "graph": {"ids": "input_ids", "mask": "attention_mask", "types": "token_type_ids", "output": "logit"},
        "files": {role: dict(path=n, **digest(at(n))) for role, n in
                  (("model", "model.onnx"), ("tokenizer", "tokenizer.json"), ("golden", "golden.jsonl"))},
    }
    m["fingerprint"] = fingerprint(m)
    with open(at("manifest.json"), "w", encoding="utf-8") as f:
        json.dump(m, f, indent=2, ensure_ascii=False)
        f.write("\n")
    with open(at("figures.json"), "w", encoding="utf-8") as f:
        json.dump(figures, f, indent=2, ensure_ascii=False)
        f.write("\n")
    log(f"bundle in {out}: model {m['files']['model']['size']} bytes")

"""The pair model: both texts in one sequence, each token softly aligned with the other text's (Parikh et al. 2016;
Chen et al. 2017, ESIM), compared with what it is aligned with, and all comparisons summed up in one logit.

Every step is a plain tensor operation that graph.py writes as ONNX in the same order.
"""
import numpy as np
import torch
import torch.nn.functional as F

PAD, UNK, CLS, SEP = 0, 1, 2, 3
KINDS = ("digit", "negator", "cjk", "latin", "punctuation", "function")
NEGATORS = set("不 没 未 无 别 非 勿 莫 not no never don can won isn doesn didn aren wasn couldn shouldn wouldn cannot without "
               "unable nothing none neither nor t ##not".split())
FUNCTION = set("the a an is are was be to of in on at for my your me i you it do does did can could please and or with this that how what "
               "的 了 吗 呢 啊 我 你 是 请 问 怎 么 什 个 一 有 在 就 都 要 想 会".split())


def kinds(vocab):
    """[V, 6] of 0 and 1: what a token is, so that an unmatched digit can weigh other than an unmatched word."""
    k = np.zeros((len(vocab), len(KINDS)), np.float32)
    for i, t in enumerate(vocab):
        w = t[2:] if t.startswith("##") and len(t) > 2 else t
        k[i] = (any(c.isdigit() for c in w), t in NEGATORS, any("\u3400" <= c <= "\u9fff" for c in w),
                w.isascii() and w.isalpha(), not any(c.isalnum() for c in w), t in FUNCTION)
    k[:5] = 0
    return k


class Net(torch.nn.Module):
    """ids, mask, types [batch, seq] → logit [batch]. conv = see neighbours of a token; align = soft alignment."""

    def __init__(self, table, weight, kind, hidden=96, key=64, conv=True):
        super().__init__()
        d = table.shape[1]
        self.table = torch.nn.Parameter(torch.from_numpy(table).clone())
        self.weight = torch.nn.Parameter(torch.from_numpy(weight).clone())  # log of a token's weight
        self.register_buffer("kind", torch.from_numpy(kind))
        self.conv = conv
        self.context = torch.nn.Linear(3 * d if conv else d, hidden)
        self.key = torch.nn.Linear(d, key, bias=False)
        with torch.no_grad():
            self.key.weight.copy_(torch.eye(key, d) + .02 * torch.randn(key, d))
        self.sharp = torch.nn.Parameter(torch.tensor([8.0, 4.0, 2.0]))  # of cosine, same token, same two tokens
        k = len(KINDS)
        self.tokens = 4 + 2 * k
        self.compare = torch.nn.Linear(4 * hidden + self.tokens, hidden)
        self.sides = 4 + 2 * k + 1
        self.inner = torch.nn.Linear(4 * hidden + 2 * self.sides + 1, 64)
        self.outer = torch.nn.Linear(64, 1)
        self.direct = torch.nn.Parameter(torch.tensor([4.0]))  # of the cosine of the two texts
        self.drop = torch.nn.Dropout(.15)

    def forward(self, ids, mask, types):
        m = mask.float()
        known = (ids > SEP).float()
        real = m * (known + (ids == UNK).float())
        b = real * types.float()
        a = real - b
        e = F.embedding(ids, self.table)
        x = e * m[..., None]
        if self.training:
            x = self.drop(x)
        w = torch.exp(self.weight[ids]) * real
        kind = F.embedding(ids, self.kind)

        same = (ids[:, :, None] == ids[:, None, :]).float() * known[:, None, :]
        cross = a[:, :, None] * b[:, None, :] + b[:, :, None] * a[:, None, :]
        exact = same * cross
        # Two neighbours that are neighbours on the other side too. Sliced, so that a token has a left one or nothing.
        left = F.pad(exact[:, 1:, 1:] * exact[:, :-1, :-1], (1, 0, 1, 0))

        key = self.key(x)
        key = key / torch.sqrt((key * key).sum(-1, keepdim=True) + 1e-6)
        cos = key @ key.transpose(1, 2)
        score = self.sharp[0] * cos + self.sharp[1] * exact + self.sharp[2] * left
        att = torch.softmax(score + (cross - 1) * 1e4, -1) * cross

        if self.conv:
            pad = F.pad(x, (0, 0, 1, 1))
            h = torch.relu(self.context(torch.cat([pad[:, :-2], x, pad[:, 2:]], -1)))
        else:
            h = torch.relu(self.context(x))
        h = h * real[..., None]
        other = att @ h
        best = ((cos + 1) * cross).amax(-1)  # 0 = nothing on the other side
        m1, m2 = exact.amax(-1), left.amax(-1)
        miss = (1 - m1)[..., None] * kind
        token = torch.cat([best[..., None], m1[..., None], m2[..., None], w[..., None], kind, miss], -1)
        v = torch.relu(self.compare(torch.cat([h, other, torch.abs(h - other), h * other, token], -1)))
        if self.training:
            v = self.drop(v)

        pooled, sides, bags = [], [], []
        for s in (a, b):
            ws = w * s
            total = ws.sum(1, keepdim=True) + 1e-6
            share = ws / total
            pooled.append((share[:, None, :] @ v)[:, 0])
            pooled.append((v * s[..., None]).amax(1))
            col = torch.stack([best, m1, m2], -1)
            mean = (share[:, None, :] @ col)[:, 0]
            worst = ((2 - best) * s).amax(1, keepdim=True)
            counted = torch.log1p((s[:, None, :] @ torch.cat([miss, kind * m1[..., None]], -1))[:, 0])
            size = torch.log1p(s.sum(1, keepdim=True))
            sides += [mean, worst, counted, size]
            bag = (ws[:, None, :] @ e)[:, 0]
            bags.append(bag / torch.sqrt((bag * bag).sum(-1, keepdim=True) + 1e-6))
        near = (bags[0] * bags[1]).sum(-1, keepdim=True)
        z = torch.relu(self.inner(torch.cat([*pooled, *sides, near], -1)))
        if self.training:
            z = self.drop(z)
        return (self.outer(z) + self.direct * near)[:, 0]


def join(a, b, limit):
    """[CLS] A [SEP] B of piece ids, and the types; the longer one is cut first, as the engine does."""
    room = limit - 2
    la = lb = min(len(a), len(b))
    if la <= room:
        lb = max(la, room - la)
    if la + lb > room:
        la, lb = room // 2, room - room // 2
    if len(a) > len(b):
        la, lb = lb, la
    la, lb = min(la, len(a)), min(lb, len(b))
    return [CLS, *a[:la], SEP, *b[:lb]], [0] * (la + 2) + [1] * lb


def batch(rows):
    """Padded tensors of (ids, types) rows."""
    n = max(len(r[0]) for r in rows)
    ids, mask, types = (np.zeros((len(rows), n), np.int64) for _ in range(3))
    for i, (x, t) in enumerate(rows):
        ids[i, :len(x)], mask[i, :len(x)], types[i, :len(x)] = x, 1, t
    return tuple(map(torch.from_numpy, (ids, mask, types)))

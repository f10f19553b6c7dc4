"""Trains the static encoder: a table of token vectors and one learned weight a token."""
import numpy as np
import torch
import torch.nn.functional as F


class Encoder(torch.nn.Module):
    """L2-normalised mean of token vectors, weighted by softplus(weight).

    The vector of a Latin token is its own plus that of its character n-grams (Bojanowski et al. 2017): rare words learn
    from their relatives. N-gram vectors start at zero, and folded() adds them into the table, so serving never sees them.
    """

    def __init__(self, table, idf, grams=None):
        super().__init__()
        self.table = torch.nn.Parameter(torch.from_numpy(table).clone())
        self.weight = torch.nn.Parameter(torch.log(torch.expm1(torch.from_numpy(idf))))
        self.grams = grams
        if grams is not None:
            self.gram_table = torch.nn.Parameter(torch.zeros(grams.size, table.shape[1]))

    def rows(self):
        """The vector of every token, n-grams included, not yet weighted."""
        if self.grams is None:
            return self.table
        g = self.grams
        return self.table + F.embedding_bag(g.ids, self.gram_table, g.offsets, mode="sum") * g.scale

    def forward(self, ids, mask, rows=None):
        w = F.softplus(self.weight[ids]) * mask
        w = w / w.sum(1, keepdim=True)
        v = F.embedding_bag(ids, self.rows() if rows is None else rows, mode="sum", per_sample_weights=w)
        return F.normalize(v, dim=-1)

    def folded(self):
        """The table that serves: a text's vector is the sum of its rows at length 1."""
        with torch.no_grad():
            return (self.rows() * F.softplus(self.weight)[:, None]).numpy()


class Grams:
    """Character n-grams of every token of a vocabulary, hashed (FNV-1a) into size buckets."""

    def __init__(self, vocab, size, lengths=(3, 4, 5)):
        self.size = size
        flat, offsets = [], []
        for token in vocab:
            offsets.append(len(flat))
            if not token.isascii() or token.startswith("["):
                continue
            word = token[2:] if token.startswith("##") else "<" + token
            if len(word) >= lengths[0]:
                flat.extend(self.bucket(word[i:i + n]) for n in lengths for i in range(len(word) - n + 1))
        counts = np.diff(offsets + [len(flat)])
        self.ids = torch.tensor(flat, dtype=torch.long)
        self.offsets = torch.tensor(offsets, dtype=torch.long)
        self.scale = torch.from_numpy((1 / np.sqrt(np.maximum(1, counts))).astype(np.float32))[:, None]

    def bucket(self, gram):
        h = 2166136261
        for byte in gram.encode():
            h = (h ^ byte) * 16777619 & 0xFFFFFFFF
        return h % self.size


def pad(sequences, limit):
    n = min(limit, max(len(s) for s in sequences))
    ids = np.zeros((len(sequences), n), np.int64)
    mask = np.zeros((len(sequences), n), np.float32)
    for i, s in enumerate(sequences):
        s = s[:n]
        ids[i, :len(s)] = s
        mask[i, :len(s)] = 1
    return ids, mask


class Batches:
    """Draws batches of pairs from one source at a time."""

    def __init__(self, sources, encode, size, seed):
        self.rng = np.random.default_rng(seed)
        self.size = size
        self.sources = []
        for s in sources:
            number = {}
            tag = lambda t: number.setdefault(t, len(number))
            e = {"name": s.name, "a": [encode(t) for t in s.a], "score": s.score}
            if s.b is None:
                e["b"], e["ta"] = e["a"], np.array([tag(t) for t in s.label])
                e["tb"] = e["ta"]
                e["same"] = [np.flatnonzero(e["ta"] == t) for t in range(len(number))]
            else:
                e["b"] = [encode(t) for t in s.b]
                e["ta"] = np.array([tag(t) for t in s.a])
                e["tb"] = np.array([tag(t) for t in s.b])
            self.sources.append(e)
        p = np.array([s.weight for s in sources])
        self.p = p / p.sum()
        self.translated = False

    def translate(self, name, encoded):
        """Sets the translations of a source's texts; None where there is none."""
        self.translated = True
        next(e for e in self.sources if e["name"] == name)["zh"] = encoded

    def draw(self):
        e = self.sources[self.rng.choice(len(self.sources), p=self.p)]
        i = self.rng.choice(len(e["a"]), min(self.size, len(e["a"])), replace=False)
        j = np.array([self.rng.choice(e["same"][e["ta"][x]]) for x in i]) if "same" in e else i
        return e, i, j


def drop(mask, rate, rng):
    """Token dropout that never takes the first token, [CLS]."""
    keep = rng.random(mask.shape) >= rate
    keep[:, 0] = True
    return mask * keep


def contrast(a, b, same, tau, positive, extra):
    """Symmetric InfoNCE; same masks columns that are no real negatives."""
    sim = a @ b.T / tau
    off = same & ~torch.eye(len(a), dtype=torch.bool)
    sim = sim.masked_fill(off, -1e4)
    t = torch.arange(len(a))
    rows = torch.cat([sim, extra], 1) if extra is not None else sim
    l1 = F.cross_entropy(rows[positive], t[positive])
    l2 = F.cross_entropy(sim.T[positive], t[positive])
    return (l1 + l2) / 2


def cosent(cos, score, scale=20.0):
    """Pairs with a higher score must have a higher cosine (CoSENT, Su 2022)."""
    d = (cos[:, None] - cos[None, :]) * scale
    d = d[score[:, None] < score[None, :]]
    return torch.logsumexp(torch.cat([d.new_zeros(1), d]), 0)


def fit(model, batches, steps, translated=0.0, lr=2e-3, warm=100, tau=0.05, dropout=0.1, graded=0.3, limit=48, log=print):
    opt = torch.optim.AdamW(model.parameters(), lr=lr, betas=(0.9, 0.98))
    rate = lambda s: min(1, (s + 1) / warm) * 0.5 * (1 + np.cos(np.pi * max(0, s - warm) / (steps - warm)))
    sched = torch.optim.lr_scheduler.LambdaLR(opt, rate)
    run = 0.0
    for step in range(steps):
        e, i, j = batches.draw()
        table, embed = model.rows(), []
        for side, at in (("a", i), ("b", j)):
            rows = [e[side][x] for x in at]
            if "zh" in e and translated:
                rows = [e["zh"][x] if e["zh"][x] and batches.rng.random() < translated else r for x, r in zip(at, rows)]
            ids, mask = pad(rows, limit)
            mask = drop(mask, dropout, batches.rng)
            embed.append(model(torch.from_numpy(ids), torch.from_numpy(mask.astype(np.float32)), table))
        a, b = embed
        ta, tb = torch.from_numpy(e["ta"][i]), torch.from_numpy(e["tb"][j])
        same = (ta[:, None] == ta[None, :]) | (tb[:, None] == tb[None, :]) | (ta[:, None] == tb[None, :])
        positive, loss = torch.ones(len(a), dtype=torch.bool), 0.0
        if e["score"] is not None:
            score = torch.from_numpy(e["score"][i])
            # A partner below the middle is nobody's answer: it stays a column, never a target.
            positive = score >= 4.0
            loss = graded * cosent((a * b).sum(1), score)
            same = same & positive[None, :] | torch.eye(len(a), dtype=torch.bool)
        if positive.any():
            loss = loss + contrast(a, b, same, tau, positive, None)
        opt.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        sched.step()
        run = 0.98 * run + 0.02 * float(loss) if step else float(loss)
        if step % 100 == 99:
            log(f"step {step + 1} loss {run:.3f}")
    return model

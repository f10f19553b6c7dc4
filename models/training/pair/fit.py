"""Fits the pair model: cross entropy of each pair, and of the right one among a unit's pairs."""
import numpy as np
import torch
import torch.nn.functional as F

from net import batch, join


class Data:
    """Units as token ids, drawn in batches of about size pairs, units of like length together."""

    def __init__(self, units, encode, limit, size, seed):
        self.rng, self.size = np.random.default_rng(seed), size
        self.rows = [[join(encode(a), encode(b), limit) for a, b in u.pairs] for u in units]
        self.units = units
        self.length = np.array([max(len(r[0]) for r in rows) for rows in self.rows])
        self.count = np.array([len(rows) for rows in self.rows])

    def epoch(self):
        order = self.rng.permutation(len(self.units))
        batches = []
        for pool in np.array_split(order, max(1, len(order) // 2000)):
            pool = pool[np.argsort(self.length[pool], kind="stable")]
            cuts = np.cumsum(self.count[pool]) // self.size
            batches += np.split(pool, np.flatnonzero(np.diff(cuts)) + 1)
        for i in self.rng.permutation(len(batches)):
            yield batches[i]

    def get(self, at):
        rows = [r for i in at for r in self.rows[i]]
        target = torch.tensor([t for i in at for t in self.units[i].target])
        weight = torch.tensor([self.units[i].weight for i in at for _ in self.rows[i]])
        starts, n = [], 0
        for i in at:
            if self.units[i].rank:
                starts.append((n, len(self.rows[i])))
            n += len(self.rows[i])
        return batch(rows), target, weight, starts


def loss_of(logit, target, weight, starts, listwise):
    each = F.binary_cross_entropy_with_logits(logit, target, weight=weight)
    if not starts or not listwise:
        return each
    at = torch.full((len(starts), max(n for _, n in starts)), -1)
    for i, (s, n) in enumerate(starts):
        at[i, :n] = torch.arange(s, s + n)
    rows = torch.where(at >= 0, logit[at.clamp(min=0)], torch.tensor(-1e4))
    return each + listwise * F.cross_entropy(rows, torch.zeros(len(rows), dtype=torch.long))


def fit(net, data, steps, lr=2e-3, table_lr=6e-4, warm=150, listwise=.4, log=print, look=None, every=500, minutes=None):
    """Trains for a number of steps; look(net), if given, is called now and then."""
    import time
    start = time.time()
    slow = [net.table, net.weight]
    fast = [p for n, p in net.named_parameters() if n not in ("table", "weight")]
    opt = torch.optim.AdamW([{"params": fast, "lr": lr, "weight_decay": .02},
                             {"params": slow, "lr": table_lr, "weight_decay": .0}], betas=(.9, .98))
    sched = torch.optim.lr_scheduler.LambdaLR(
        opt, lambda s: min(1, (s + 1) / warm) * (.02 + .98 * .5 * (1 + np.cos(np.pi * min(1, s / steps)))))
    step, run, seen = 0, 0.0, 0
    net.train()
    while step < steps:
        for at in data.epoch():
            (ids, mask, types), target, weight, starts = data.get(at)
            loss = loss_of(net(ids, mask, types), target, weight, starts, listwise)
            opt.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.step()
            sched.step()
            step += 1
            seen += len(target)
            run = loss.item() if step == 1 else .98 * run + .02 * loss.item()
            if step % 100 == 0:
                log(f"step {step} loss {run:.4f}, {seen} pairs, {seen / (time.time() - start):.0f} pairs/s")
            if look and step % every == 0:
                net.eval()
                look(net)
                net.train()
            if step >= steps:
                break
    net.eval()


def scorer(net, encode, limit):
    """A function from pairs of texts to logits."""
    def score(pairs, size=256):
        rows = [join(encode(a), encode(b), limit) for a, b in pairs]
        order = np.argsort([len(r[0]) for r in rows], kind="stable")
        out = np.zeros(len(rows), np.float32)
        net.eval()
        with torch.no_grad():
            for at in np.array_split(order, max(1, -(-len(rows) // size))):
                if len(at):
                    out[at] = net(*batch([rows[i] for i in at])).numpy()
        return out
    return score

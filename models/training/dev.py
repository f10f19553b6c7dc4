"""Development figures. Evaluation data is read here and only here; nothing is fitted on it."""
import os
from collections import defaultdict

import numpy as np
from sklearn.metrics import roc_auc_score

from data import rows

DRAWS = 3


def hit1(embed, kb, questions, k, seed):
    """Share of questions whose nearest of k examples an intent has the right intent."""
    by = defaultdict(list)
    for t, y in kb:
        by[y].append(t)
    kx, q = embed([t for t, _ in kb]), embed([t for t, _ in questions])
    at = {id_: i for i, id_ in enumerate(kb)}
    gold = np.array([y for _, y in questions])
    res = []
    for d in range(DRAWS):
        rng = np.random.default_rng(seed + d)
        pick, label = [], []
        for y in sorted(by):
            for j in rng.choice(len(by[y]), min(k, len(by[y])), replace=False):
                pick.append(at[(by[y][j], y)])
                label.append(y)
        res.append((np.array(label)[(q @ kx[pick].T).argmax(1)] == gold).mean())
    return 100 * float(np.mean(res))


def report(embed, folder, seed=7):
    """CLINC150 val and Banking77's held-back fifth, hit@1 with k=1/5/10 examples; LCQMC dev AUC."""
    read = lambda n: [tuple(r[:3]) for r in rows(os.path.join(folder, n + ".tsv"))]
    clinc = sorted(set(r for r in read("intent_clinc150_train") if r[1] != "oos"))
    val = [r for r in read("intent_clinc150_val") if r[1] != "oos"]
    bank = sorted(set(read("intent_banking77_train")))
    held = set(np.random.default_rng(seed).choice(len(bank), len(bank) // 5, replace=False).tolist())
    out = {}
    for k in (1, 5, 10):
        out[f"clinc_k{k}"] = hit1(embed, clinc, val, k, seed)
        out[f"banking_k{k}"] = hit1(embed, [r for i, r in enumerate(bank) if i not in held],
                                    [r for i, r in enumerate(bank) if i in held], k, seed)
    pairs = read("pair_lcqmc_dev")
    s = (embed([p[0] for p in pairs]) * embed([p[1] for p in pairs])).sum(1)
    out["lcqmc_auc"] = 100 * float(roc_auc_score([int(p[2]) for p in pairs], s))
    return {k: round(v, 1) for k, v in out.items()}

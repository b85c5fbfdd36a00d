"""Looks for secrets in listings of files, or in what a change adds, and says where they are without showing them."""
import base64
import hashlib
import math
import re
import sys
from collections import Counter

KINDS = ["private-key", "cloud-key", "url-password", "entropy"]
HEAD = re.compile(r"=== ([0-9]+) (.+)")
HUNK = re.compile(r"@@ -[0-9]+(?:,[0-9]+)? \+([0-9]+)(?:,[0-9]+)? @@.*")
BEGIN = re.compile(r"-----BEGIN ([A-Z ]+)-----")
CLOUD = re.compile(r"(?<![A-Za-z0-9])(?:TRMK|TRMT)[A-Z2-7]{16}(?![A-Za-z0-9])")
URL = re.compile(r"""[a-z][a-z0-9+]*://[^\s:/@"']*:([^\s/@"']+)@""")
BLANKS = re.compile(r"\$\{.*\}|<.*>|\*+")
RUN = re.compile(r"[A-Za-z0-9+_-]{20,}")
HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
VALUE = re.compile(r" *[A-Za-z0-9_.-]+: ([A-Za-z0-9+/]{22,}={0,2})")
LOCKS = ("package-lock.json", "yarn.lock", "go.sum")


def entropy(text):
    """Shannon's entropy of the characters, in bits a character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def random_looking(run, before):
    if HEX.fullmatch(run):
        return len(run) in (32, 40, 64) and entropy(run) >= 3.0 and not before.endswith(("@", "sha256:"))
    return all(re.search(p, run) for p in ("[a-z]", "[A-Z]", "[0-9]")) and entropy(run) >= 4.0


def secrets_in(text):
    """Kind and secret, for each in a text of one line; what one kind has taken no later kind takes again."""
    taken = []
    for kind, pattern, group in (("cloud-key", CLOUD, 0), ("url-password", URL, 1), ("entropy", RUN, 0)):
        for found in pattern.finditer(text):
            start, end = found.span(group)
            if any(start < e and s < end for s, e in taken):
                continue
            if kind == "url-password" and BLANKS.fullmatch(found[group]):
                continue
            if kind == "entropy" and not random_looking(found[group], text[:start]):
                continue
            taken.append((start, end))
            yield kind, found[group]


def decoded(path, text):
    """The text to search: that of a value in Base64 where a manifest has one, else the line itself."""
    found = VALUE.fullmatch(text) if path.endswith(".yaml") else None
    if found and len(found[1]) % 4 == 0:
        try:
            return base64.b64decode(found[1], validate=True).decode("utf-8")
        except ValueError:
            pass
    return text


def listed(lines):
    """The files of a listing: path, and its lines with their numbers."""
    at = 0
    while at < len(lines):
        head = HEAD.fullmatch(lines[at])
        if head is None:
            raise SystemExit(f"line {at + 1} is no heading")
        size = int(head[1])
        yield head[2], list(enumerate(lines[at + 1:at + 1 + size], start=1))
        at += 1 + size


def added(lines):
    """The hunks of a unified diff: path, and the lines that are added with their numbers in the new file."""
    path, number, hunk = None, 0, None
    for line in lines + ["diff --git"]:
        start = HUNK.fullmatch(line)
        if start or line.startswith("diff --git"):
            if hunk and path:
                yield path, hunk
            hunk = [] if start else None
            number = int(start[1]) if start else 0
        elif hunk is None:
            if line.startswith("+++ "):
                path = None if line == "+++ /dev/null" else line[4:].removeprefix("b/")
        elif line.startswith("+"):
            hunk.append((number, line[1:]))
            number += 1
        elif not line.startswith(("-", "\\")):
            number += 1


def search(path, lines):
    block = None  # first line, whether it is a private key, and the body
    for number, text in lines:
        if block is not None:
            if "-----END " in text:
                if block[1]:
                    yield "private-key", "".join(block[2]), block[0]
                block = None
            else:
                block[2].append(text.strip(" \t"))
            continue
        begin = BEGIN.search(text)
        if begin:
            block = (number, begin[1].endswith("PRIVATE KEY"), [])
            continue
        for kind, secret in secrets_in(decoded(path, text)):
            yield kind, secret, number
    if block is not None and block[1]:
        yield "private-key", "".join(block[2]), block[0]


def main(paths):
    allowed, used, places = set(), set(), {}
    sources = []
    for path in paths:
        with open(path, encoding="utf-8", newline="") as f:
            lines = [line.removesuffix("\r") for line in f.read().removesuffix("\n").split("\n")]
        if path.endswith(".allow"):
            allowed |= {tuple(line.split(" ", 1)) for line in lines if line and not line.startswith("#")}
        else:
            sources.append(added(lines) if path.endswith(".diff") else listed(lines))
    for source in sources:
        for path, lines in source:
            if path.rsplit("/", 1)[-1] in LOCKS:
                continue
            for kind, secret, number in search(path, lines):
                mark = hashlib.sha256(secret.encode()).hexdigest()[:12]
                entry = next((e for e in ((mark, path), (mark, "*")) if e in allowed), None)
                if entry:
                    used.add(entry)
                else:
                    places.setdefault((KINDS.index(kind), mark), set()).add((path, number))
    for kind, (path, number), mark, lines in sorted((k, min(p), m, len(p)) for (k, m), p in places.items()):
        print(KINDS[kind], f"{path}:{number}", mark, lines, sep="\t")
    for mark, path in sorted(allowed - used, key=lambda e: (e[1], e[0])):
        print("unused", path, mark, 0, sep="\t")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

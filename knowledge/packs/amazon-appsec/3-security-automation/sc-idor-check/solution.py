"""Finds the routes on which B, or somebody without a token, reads or changes what is A's; only touches records it made."""
import itertools
import json
import re
import secrets
import sys
import time
import urllib.error
import urllib.request

LIMIT = 10  # seconds for one request
TRIES = 50
KINDS = ["change", "read", "unsure"]


class Api:
    def __init__(self, plan):
        self.base, self.tokens = plan["base"], plan["tokens"]

    def once(self, who, method, path, headers, body):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, method=method, headers=dict(headers or {}))
        if data is not None:
            request.add_header("Content-Type", "application/json")
        if who in self.tokens:
            request.add_header("Authorization", "Bearer " + self.tokens[who])
        try:
            with urllib.request.urlopen(request, timeout=LIMIT) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read().decode()

    def call(self, who, method, path, headers=None, body=None):
        """Status and text; waits where it is told to, and follows a job to its end."""
        for _ in range(TRIES):
            status, heads, text = self.once(who, method, path, headers, body)
            if status != 429:
                break
            time.sleep(int(heads["Retry-After-Ms"]) / 1000)
        else:
            raise SystemExit(f"{method} {path}: throttled {TRIES} times in a row")
        if status == 202:
            job = json.loads(text)["job"]
            for _ in range(TRIES):
                _, later = self.call(who, "GET", f"/jobs/{job}")
                if json.loads(later)["done"]:
                    return status, text + later
            raise SystemExit(f"job {job} does not end")
        return status, text


def filled(value, words):
    """A path, body or header with its names in braces replaced."""
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda m: words[m[1]], value)
    if isinstance(value, list):
        return [filled(v, words) for v in value]
    return {k: filled(v, words) for k, v in value.items()} if isinstance(value, dict) else value


class Bench:
    """Records made for one try, and their removal."""

    def __init__(self, api, kinds):
        self.api, self.kinds, self.made = api, kinds, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for kind, ids in reversed(self.made):
            for who in ("a", "b"):  # a record may have changed hands
                status, _ = self.api.call(who, "DELETE", filled(self.kinds[kind]["remove"], ids))
                if status < 300 and status != 202:
                    break

    def make(self, who, kind, ids, marks):
        """A new record of somebody, and of what it lies in; ids and marks are filled."""
        if kind in ids:
            return
        plan = self.kinds[kind]
        for parent in re.findall(r"\{(\w+)\}", plan["create"]):
            self.make(who, parent, ids, marks)
        marks[kind] = "mark" + secrets.token_hex(8)
        status, text = self.api.call(who, "POST", filled(plan["create"], ids), body={"note": marks[kind]})
        if status != 201:
            raise SystemExit(f"{who} cannot make a {kind}: {status}")
        ids[kind] = json.loads(text)["id"]
        self.made.append((kind, dict(ids)))

    def state(self, kind, ids):
        status, text = self.api.call("a", "GET", filled(self.kinds[kind]["read"], ids))
        record = json.loads(text) if status == 200 else None
        return {k: v for k, v in record.items() if k != "views"} if record else None


def trial(api, kinds, route, names, who, foreign):
    """One request on fresh records, of which the foreign ones are A's: its status, and whether it read or changed one."""
    with Bench(api, kinds) as bench:
        ids, marks, own = {}, {}, {}
        for name in names:
            bench.make("a", name, ids, marks)
        if len(foreign) < len(names):
            for name in names:
                bench.make("b", name, own, {})
        before = {name: bench.state(name, ids) for name in foreign}
        words = {n: ids[n] if n in foreign else own[n] for n in names} | {"new": "changed" + secrets.token_hex(4)}
        status, text = api.call(who, route["method"], *(filled(route.get(k), words) for k in ("path", "headers", "body")))
        changed = any(bench.state(name, ids) != before[name] for name in foreign)
        return status, changed, any(marks[name] in text for name in foreign)


def check(api, plan, route):
    kinds = plan["kinds"]
    shape = json.dumps([route["path"], route.get("headers"), route.get("body")])
    names = [n for n in dict.fromkeys(re.findall(r"\{(\w+)\}", shape)) if n in kinds]
    every = tuple(names)
    status, changed, read = trial(api, kinds, route, names, "a", every)
    if not changed and not read:
        yield "unsure", "a", status, every
        return
    mixes = [c for n in range(1, len(names) + 1) for c in itertools.combinations(names, n)]
    for who, foreign in [("b", m) for m in mixes] + [("none", every)]:
        status, changed, read = trial(api, kinds, route, names, who, foreign)
        if changed:
            yield "change", who, status, foreign
        if read and not route.get("public"):
            yield "read", who, status, foreign


def main(paths):
    for path in paths:
        with open(path, encoding="utf-8") as f:
            plan = json.load(f)
        api = Api(plan)
        lines = []
        for route in plan["routes"]:
            for kind, who, status, foreign in check(api, plan, route):
                end = ["+".join(foreign)] if plan.get("nested") else []
                lines.append((KINDS.index(kind), [route["id"], who, str(status), *end]))
        for kind, rest in sorted(lines):
            print(KINDS[kind], *rest, sep="\t")
        _, text = api.call("none", "GET", "/ledger")
        ledger = json.loads(text)
        print("ledger", ledger["changed"], ledger["left"], sep="\t")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

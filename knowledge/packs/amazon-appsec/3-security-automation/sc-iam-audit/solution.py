"""Reads exports of IAM policies and prints grants and trusts that are wider than they should be."""
import json
import re
import sys
from urllib.parse import unquote

RULES = ["admin", "trust-any", "trust-outside", "trust-web", "passrole", "service", "not"]
OPERATORS = {"StringEquals", "StringLike", "ArnEquals", "ArnLike"}
ORG_KEYS = ["aws:principalorgid", "aws:principalaccount", "aws:principalarn"]
ACCOUNT = re.compile(r"(?:arn:[^:]*:[^:]*:[^:]*:)?([0-9]{12})(?::.*)?")


def many(value):
    return [] if value is None else value if isinstance(value, list) else [value]


def document(raw):
    """The statements of a document; ValueError where it cannot be read."""
    if isinstance(raw, str):
        raw = json.loads(unquote(raw, errors="strict"))
    if not isinstance(raw, dict) or "Statement" not in raw:
        raise ValueError("no statements")
    statements = many(raw["Statement"])
    for s in statements:
        if not isinstance(s, dict) or s.get("Effect") not in ("Allow", "Deny"):
            raise ValueError("a statement without an effect")
    return statements


def covers(pattern, action):
    """Whether an action pattern with * and ? takes in an action; case does not count."""
    wild = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern.lower())
    return re.fullmatch(wild, action.lower()) is not None


def restricts(statement, wanted):
    """Whether the condition ties one of the keys to values of which none is stars only."""
    for operator, block in (statement.get("Condition") or {}).items():
        for key, values in block.items() if operator in OPERATORS else ():
            if wanted(key.lower()) and all(v.strip("*") for v in many(values)):
                return True
    return False


def roles(resource):
    """Whether a resource may stand for roles that nobody has named."""
    return resource == "*" or resource.startswith("arn:aws:iam:") and re.search(r"[*?]", resource) is not None


def granted(statement):
    """The rules that a statement of a permission policy breaks."""
    if "NotAction" in statement or "NotResource" in statement:
        yield "not"
        return
    actions, resources = many(statement.get("Action")), many(statement.get("Resource"))
    free = "*" in resources and not statement.get("Condition")
    if free and any(a in ("*", "*:*") for a in actions):
        yield "admin"
        return
    if any(covers(a, "iam:PassRole") for a in actions) and any(map(roles, resources)):
        if not restricts(statement, lambda k: k == "iam:passedtoservice"):
            yield "passrole"
    if free and any(re.fullmatch(r"[^:*?]+:\*", a) for a in actions):
        yield "service"


def trusted(statement, own, vendors):
    """The rules that a statement of a trust policy breaks."""
    who = statement.get("Principal") or {}
    aws = ["*"] if who == "*" else many(who.get("AWS"))
    if "*" in aws and not restricts(statement, lambda k: k in ORG_KEYS):
        yield "trust-any"
    found = [ACCOUNT.fullmatch(p) for p in aws]
    outside = {f[1] for f in found if f} - own
    named = restricts(statement, lambda k: k == "sts:externalid")
    if any(not named or (vendors is not None and a not in vendors) for a in outside):
        yield "trust-outside"
    if who != "*" and many(who.get("Federated")) and not restricts(statement, lambda k: k.endswith(":sub")):
        yield "trust-web"


def chained(exports):
    """Exports in their order; pages are followed from the one without a marker, and others are left out."""
    out = [e for e in exports if "page" not in e]
    pages = {e["page"]: e for e in exports if "page" in e}
    for first in [p for p in pages.values() if p["marker"] is None]:
        page, seen = first, set()
        while page is not None and page["page"] not in seen:
            seen.add(page["page"])
            out.append(page)
            page = next((p for p in pages.values() if p["marker"] == page["next"]), None) if page["next"] else None
    return out


def main(paths):
    exports, own, vendors = [], None, None
    for path in paths:
        with open(path, encoding="utf-8") as f:
            data = json.load(f)
        if "accounts" in data:
            own = {a["id"] for a in data["accounts"] if a["status"] == "ACTIVE"}
            vendors = {v["account"] for v in data["vendors"]}
        else:
            exports.append(data)
    exports = chained(exports)
    own = own if own is not None else {e["account"] for e in exports}
    documents = {}
    for e in exports:
        for role in e.get("roles", []):
            at = f"role/{role['name']}"
            documents.setdefault((e["account"], f"{at}/trust"), role["trust"])
            for inline in role.get("inline", []):
                documents.setdefault((e["account"], f"{at}/{inline['name']}"), inline["document"])
        for policy in e.get("policies", []):
            documents.setdefault((e["account"], f"policy/{policy['name']}"), policy["document"])
    lines, unread = [], 0
    for (account, path), raw in documents.items():
        try:
            statements = document(raw)
        except ValueError:
            unread += 1
            continue
        for n, s in enumerate(statements, start=1):
            if s["Effect"] != "Allow":
                continue
            trust = path.startswith("role/") and path.endswith("/trust")
            for rule in trusted(s, own, vendors) if trust else granted(s):
                lines.append((RULES.index(rule), account, path, n, s.get("Sid") or f"#{n}"))
    for rule, account, path, _, name in sorted(lines):
        print(RULES[rule], account, path, name, sep="\t")
    print(f"unread\t{unread}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Joins bills of materials with advisories: what to update now, this week or later."""
import csv
import json
import re
import sys

SEVERITIES = ["critical", "high", "medium", "low"]
CLASSES = ["now", "week", "later"]


def version(text):
    """A version as something that sorts: numbers by size, and a pre-release before its release."""
    main, _, pre = text.partition("-")
    numbers = []
    for part in main.split("."):
        if not part.isdigit():
            raise ValueError(f"{text!r} is no version")
        numbers.append(int(part))
    numbers += [0] * (6 - len(numbers))
    # No pre-release sorts after any; its words are compared number by number where they are numbers.
    words = tuple((0, int(w), "") if w.isdigit() else (1, 0, w) for w in pre.split(".")) if pre else ()
    return tuple(numbers), (0 if pre else 1, words)


def affected(have, introduced, fixed):
    """From introduced on, and before fixed; an empty end is open."""
    if introduced and version(have) < version(introduced):
        return False
    return not (fixed and version(have) >= version(fixed))


def name_of(text):
    """Package names are compared in lower case, and -, _ and . are the same."""
    return re.sub(r"[-_.]+", "-", text.strip().lower())


def main(args):
    services, advisories, reached, skipped = [], [], set(), 0
    for path in args:
        with open(path, encoding="utf-8") as f:
            if path.endswith(".json"):
                services.append(json.load(f))
            elif path.endswith(".csv"):
                advisories += list(csv.DictReader(f))
            else:
                reached |= {name_of(line) for line in f if line.strip() and not line.startswith("#")}
    rows = {}
    for service in services:
        for part in service["components"]:
            if part.get("scope") == "excluded":
                continue
            for a in advisories:
                if a.get("withdrawn") == "yes" or name_of(a["package"]) != name_of(part["name"]):
                    continue
                try:
                    hit = affected(part["version"], a["introduced"], a["fixed"])
                except ValueError:
                    skipped += 1
                    continue
                if not hit:
                    continue
                live, used = a["exploited"] == "yes", name_of(a["package"]) in reached
                when = "now" if live and used else "week" if live or used else "later"
                key = (CLASSES.index(when), SEVERITIES.index(a["severity"]), a["id"], name_of(part["name"]), version(part["version"]))
                row = rows.setdefault(key, (when, a["id"], name_of(part["name"]), part["version"], a["fixed"] or "none", set()))
                row[5].add(service["service"])
    many = len(services) > 1
    for key in sorted(rows):
        when, advisory, name, have, fixed, where = rows[key]
        print("\t".join([when, advisory, name, have, fixed] + ([",".join(sorted(where))] if many else [])))
    if skipped:
        print(f"unread\t{skipped}")


if __name__ == "__main__":
    main(sys.argv[1:])

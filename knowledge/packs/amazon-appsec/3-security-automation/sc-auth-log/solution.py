"""Reads sign-in logs and prints takeovers, sprays and bursts, the worst kind first."""
import ipaddress
import json
import re
import sys
from collections import defaultdict
from datetime import datetime, timedelta, timezone

LINE = re.compile(r'(\S+) id=([0-9a-z]+) user=("(?:[^"\\]|\\.)*") from=(\S+) result=(ok|fail|locked)')
CLOCK = re.compile(r"# clock=([+-][0-9]+)")
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})")
BURST, BURST_SPAN = 5, timedelta(seconds=60)
SPRAY, SPRAY_SHARED, SPRAY_SPAN = 4, 6, timedelta(minutes=10)
TAKEN, TAKEN_SPAN = 3, timedelta(minutes=10)
KINDS = ["taken", "spray", "burst"]


def source(text):
    """The sender that an address stands for: one IPv4 address, or the /64 of an IPv6 address."""
    address = ipaddress.ip_address(text)
    if address.version == 6:
        if address.ipv4_mapped is None:
            return ipaddress.ip_network((address, 64), strict=False)
        address = address.ipv4_mapped
    return ipaddress.ip_network(address)


def label(network):
    return str(network) if network.version == 6 else str(network.network_address)


def parse(line, ahead):
    """The fields of one line; ValueError where it is not in our form."""
    found = LINE.fullmatch(line)
    if found is None or not TIME.fullmatch(found[1]):
        raise ValueError("not a sign-in")
    at = datetime.fromisoformat(found[1].replace("Z", "+00:00")).astimezone(timezone.utc)
    return at - timedelta(seconds=ahead), found[2], json.loads(found[3]).lower(), source(found[4]), found[5]


def read(path, seen):
    """The sign-ins of a file that were not seen before, and how many lines could not be read."""
    rows, unread, ahead = [], 0, 0
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            line = line.rstrip("\n")
            if line.startswith("#"):
                clock = CLOCK.fullmatch(line)
                ahead = int(clock[1]) if clock else ahead
            elif line:
                try:
                    row = parse(line, ahead)
                except ValueError:
                    unread += 1
                    continue
                if row[1] not in seen:
                    seen.add(row[1])
                    rows.append(row)
    return rows, unread


def widest(events, span):
    """Of the windows that begin with an event, the one that holds the most different things: how many, and since when."""
    best, since = 0, None
    for i, (start, _) in enumerate(events):
        held = set()
        for at, thing in events[i:]:
            if at - start > span:
                break
            held.add(thing)
        if len(held) > best:
            best, since = len(held), start
    return best, since


def findings(rows, shared):
    by_account, by_source = defaultdict(list), defaultdict(list)
    recent, good = defaultdict(list), defaultdict(set)
    for at, event, user, sender, result in rows:
        if result == "ok":
            good[sender].add(user)
            before = [t for t in recent.pop(user, []) if at - t <= TAKEN_SPAN]
            if len(before) >= TAKEN:
                yield "taken", user, len(before), at
        elif result == "fail":
            recent[user].append(at)
            by_account[user].append((at, event))
            by_source[sender].append((at, user))
    for user, events in by_account.items():
        many, since = widest(events, BURST_SPAN)
        if many >= BURST:
            yield "burst", user, many, since
    for sender, events in by_source.items():
        need = SPRAY
        if any(sender.version == n.version and sender.subnet_of(n) for n in shared):
            need = SPRAY_SHARED
            events = [e for e in events if e[1] not in good[sender]]
        many, since = widest(events, SPRAY_SPAN)
        if many >= need:
            yield "spray", label(sender), many, since


def main(paths):
    rows, unread, shared, seen = [], 0, [], set()
    for path in paths:
        if path.endswith(".txt"):
            with open(path, encoding="utf-8") as lines:
                shared += [ipaddress.ip_network(s.strip()) for s in lines if s.strip() and not s.startswith("#")]
            continue
        more, bad = read(path, seen)
        rows, unread = rows + more, unread + bad
    rows.sort(key=lambda row: row[0])  # stable, so what happens in one second stays in the order of the files
    for kind, who, many, at in sorted(findings(rows, shared), key=lambda f: (KINDS.index(f[0]), f[3], f[1])):
        print(kind, who, many, at.strftime("%Y-%m-%dT%H:%M:%SZ"), sep="\t")
    print(f"unread\t{unread}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

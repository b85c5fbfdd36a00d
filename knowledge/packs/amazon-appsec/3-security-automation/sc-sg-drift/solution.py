"""Compares security groups with what is wanted, and closes or opens only what somebody has approved."""
import csv
import ipaddress
import sys
import time

from cloud import Client, Denied, Expired, Throttled

KINDS = ["world", "open", "missing", "unknown", "gone", "unread"]
NUMBERS = {"1": "icmp", "6": "tcp", "17": "udp", "-1": "all"}
PORTS = {"tcp": 65536, "udp": 65536, "icmp": 1, "other": 1}  # all is more than the three that have names
TRIES = 8


def patient(call, *args):
    """The answer of a call that may be throttled."""
    for _ in range(TRIES):
        try:
            return call(*args)
        except Throttled as t:
            time.sleep(t.wait + 0.005)
    raise SystemExit(f"throttled {TRIES} times in a row")


def groups_of(client, region):
    """All the groups of a region, by id; a reading that breaks off begins again from nothing."""
    for _ in range(TRIES):
        groups, token = {}, None
        try:
            while True:
                page = patient(client.describe, region, token)
                for g in page["groups"]:
                    groups.setdefault(g["id"], (g["name"], []))[1].extend(g["permissions"])
                token = page["next"]
                if token is None:
                    return groups
        except Expired:
            continue
    raise SystemExit(f"{region} changes faster than it can be read")


def found_in(client):
    """Rules by region and group, the ids of groups, and the regions that could not be read."""
    rules, ids, unread = {}, {}, []
    for region in patient(client.regions):
        try:
            groups = groups_of(client, region)
        except Denied:
            unread.append(region)
            continue
        for group_id, (name, permissions) in groups.items():
            ids[region, name] = group_id
            out = rules.setdefault((region, name), set())
            for p in permissions:
                protocol = NUMBERS.get(p["protocol"], p["protocol"])
                ports = (p["from"], p["to"]) if protocol in ("tcp", "udp") else (None, None)
                out.update((protocol, *ports, ipaddress.ip_network(r)) for r in p["ranges"])
                out.update((protocol, *ports, "group:" + (groups[g][0] if g in groups else g)) for g in p["groups"])
    return rules, ids, unread


def wanted_in(path, regions):
    rules = {}
    with open(path, encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f):
            for region in regions if row["region"] == "*" else [row["region"]]:
                out = rules.setdefault((region, row["group"]), set())
                if row["protocol"]:
                    low, _, high = row["ports"].partition("-")
                    ports = (int(low), int(high or low)) if low else (None, None)
                    peer = row["from"]
                    if not peer.startswith("group:"):
                        peer = ipaddress.ip_network(peer, strict=False)
                    out.add((row["protocol"], *ports, peer))
    return rules


def spans(rule):
    """What a rule opens, as half-open spans of ports by protocol."""
    protocol, low, high, _ = rule
    if protocol == "all":
        return [(p, 0, n) for p, n in PORTS.items()]
    return [(protocol, 0, 1) if low is None else (protocol, low, high + 1)]


def holds(peers, peer):
    """Whether a peer is among some others, or is put together by them."""
    if isinstance(peer, str):
        return peer in peers
    nets = [n for n in peers if not isinstance(n, str) and n.version == peer.version]
    return any(peer.subnet_of(n) for n in ipaddress.collapse_addresses(nets))


def covered(rule, others):
    """Whether each port of a rule is open for each of its addresses by the others together."""
    have = [(span, o[3]) for o in others for span in spans(o)]
    for protocol, low, high in spans(rule):
        near = [(a, b, peer) for (p, a, b), peer in have if p == protocol]
        cuts = sorted({low} | {n for a, b, _ in near for n in (a, b) if low < n < high})
        if not all(holds([peer for a, b, peer in near if a <= cut < b], rule[3]) for cut in cuts):
            return False
    return True


def text(rule):
    protocol, low, high, peer = rule
    return f"{protocol} {'-' if low is None else low if low == high else f'{low}-{high}'} {peer}"


def wide(peer):
    return not isinstance(peer, str) and peer.prefixlen < (8 if peer.version == 4 else 32)


def compare(found, wanted, unread):
    """The list: what, region, group and rule, with the rule itself behind it."""
    out = [("unread", region, "-", "-", None) for region in unread]
    for at in found.keys() | wanted.keys():
        if at[0] in unread:
            continue
        if at not in wanted:
            out.append(("unknown", *at, "-", None))
        elif at not in found:
            out.append(("gone", *at, "-", None))
        else:
            for rule in found[at]:
                if not covered(rule, wanted[at]):
                    out.append(("world" if wide(rule[3]) else "open", *at, text(rule), rule))
            for rule in wanted[at]:
                if not covered(rule, found[at]):
                    out.append(("missing", *at, text(rule), rule))
    return sorted(out, key=lambda o: (KINDS.index(o[0]), *o[1:4]))


def as_call(rule, region, ids):
    protocol, low, high, peer = rule
    call = {"protocol": protocol, "from": low, "to": high}
    if isinstance(peer, str):
        name = peer.removeprefix("group:")
        return {**call, "group": ids.get((region, name), name)}
    return {**call, "range": str(peer)}


def apply(client, plan, approved, found, wanted, ids):
    """Makes the approved changes that are still in the plan, openings first; what became of each line."""
    became = {}
    for kind, region, group, shown, rule in sorted(plan, key=lambda o: o[0] != "missing"):
        line = "\t".join((kind, region, group, shown))
        if line not in approved or rule is None:
            continue
        have = found[region, group]
        if kind == "missing":
            if isinstance(rule[3], str) and (region, rule[3].removeprefix("group:")) not in ids:
                became[line] = "held"
                continue
            patient(client.authorize, region, ids[region, group], as_call(rule, region, ids))
            have.add(rule)
        else:
            rest = have - {rule}
            if any(covered(w, have) and not covered(w, rest) for w in wanted[region, group]):
                became[line] = "held"
                continue
            patient(client.revoke, region, ids[region, group], as_call(rule, region, ids))
            have.discard(rule)
        became[line] = "done"
    return became


def main(paths):
    by_end = {p.rsplit(".", 1)[-1]: p for p in paths}
    approved = []
    if "txt" in by_end:
        with open(by_end["txt"], encoding="utf-8") as f:
            approved = [line.rstrip("\n") for line in f if line.strip()]
    client = Client(by_end["json"], changes=bool(approved))
    found, ids, unread = found_in(client)
    wanted = wanted_in(by_end["csv"], patient(client.regions))
    plan = compare(found, wanted, unread)
    if approved:
        became = apply(client, plan, approved, found, wanted, ids)
        for line in approved:
            print(became.get(line, "stale"), line, sep="\t")
        found, ids, unread = found_in(client)
        plan = compare(found, wanted, unread)
    for line in plan:
        print(*line[:4], sep="\t")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A cloud of the size of one file. Import it; it needs nothing but Python 3 and speaks to nobody.

    client = Client("cloud.json")                what may only be read
    client.regions()                             names of regions
    client.describe(region)                      the first page of security groups
    client.describe(region, token)               the page that the last one's "next" names

A page is {"groups": [...], "next": token or None}. Every call may raise one of these:

    Throttled   too many calls; .wait is how many seconds to leave before the next one
    Expired     the token is too old, and the region has to be read from its first page again
    Denied      this account may not do that

Client(path, changes=True) can change things too, in memory and for as long as it lives; the file stays as it is:

    client.authorize(region, group_id, rule)     opens
    client.revoke(region, group_id, rule)        closes

where a rule is {"protocol": "tcp", "from": 443, "to": 443, "range": "10.0.0.0/8"}, or has "group" with a group's id
in the place of "range". Protocol is tcp, udp, icmp or all, and from and to are None for the last two.
"""
import json
import time


class Throttled(Exception):
    def __init__(self, wait):
        super().__init__(f"slow down, {wait} s")
        self.wait = wait


class Expired(Exception):
    pass


class Denied(Exception):
    pass


NAMES = {"1": "icmp", "6": "tcp", "17": "udp", "-1": "all"}


class Client:
    def __init__(self, path, changes=False):
        with open(path, encoding="utf-8") as f:
            self._regions = json.load(f)["regions"]
        self._changes = changes
        self._calls = 0
        self._closed_until = 0.0

    def regions(self):
        self._gate()
        return [r["name"] for r in self._regions]

    def describe(self, region, token=None):
        self._gate()
        r = self._region(region)
        number = 0
        if token is not None:
            number = r["tokens"].index(token) + 1 if token in r["tokens"] else -1
            if number < 0:
                raise Expired(f"{token} is not known any more")
        if r.get("then") and number == r["turns_at"]:
            r.update(r.pop("then"))
            raise Expired(f"{token} is not known any more")
        return {
            "groups": json.loads(json.dumps(r["pages"][number])),
            "next": r["tokens"][number] if number < len(r["tokens"]) else None,
        }

    def authorize(self, region, group_id, rule):
        group = self._changing(region, group_id)[0]
        new = {"protocol": rule["protocol"], "from": rule["from"], "to": rule["to"], "ranges": [], "groups": []}
        if "range" in rule:
            new["ranges"].append(rule["range"])
        else:
            new["groups"].append(rule["group"])
        group["permissions"].append(new)

    def revoke(self, region, group_id, rule):
        key, value = ("ranges", rule["range"]) if "range" in rule else ("groups", rule["group"])
        found = False
        for group in self._changing(region, group_id):
            for p in group["permissions"]:
                same = NAMES.get(p["protocol"], p["protocol"]) == rule["protocol"]
                if same and (p["from"], p["to"]) == (rule["from"], rule["to"]) and value in p[key]:
                    p[key] = [v for v in p[key] if v != value]
                    found = True
        if not found:
            raise LookupError("there is no such rule")

    def _changing(self, region, group_id):
        self._gate()
        if not self._changes:
            raise Denied("this client can only read")
        found = [g for page in self._region(region)["pages"] for g in page if g["id"] == group_id]
        if not found:
            raise LookupError(f"there is no group {group_id}")
        return found

    def _region(self, name):
        for r in self._regions:
            if r["name"] == name:
                if r.get("denied"):
                    raise Denied(f"nobody may read {name} with this role")
                return r
        raise LookupError(f"there is no region {name}")

    def _gate(self):
        """Every third call is one too many, and so is each one that does not wait after that."""
        now = time.monotonic()
        if now < self._closed_until:
            raise Throttled(round(self._closed_until - now, 3))
        self._calls += 1
        if self._calls % 3 == 0:
            self._closed_until = now + 0.05
            raise Throttled(0.05)

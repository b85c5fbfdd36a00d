"""A piano hire of the size of one file. Start it with python3 target.py and leave it running; it needs Python 3 only.

It listens on 127.0.0.1, port 8917, and nowhere else. All it knows is in memory: stop it and start it again, and
everything is as it was. GET /hire/ledger tells what has been changed of the records that were there at the start, and
how many records that came later are left. /workshop and /school have a ledger of their own.
"""
import copy
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PORT = 8917
TOKENS = {"practice-token-of-a": "a", "practice-token-of-b": "b"}
ROUTES = []
LOCK = threading.Lock()


class No(Exception):
    def __init__(self, status, body=None):
        super().__init__(status)
        self.status, self.body = status, body or {"error": status}


class House:
    """The records of one part of the firm."""

    def __init__(self, throttled=False):
        self.records, self.jobs, self.next = {}, {}, 1000
        self.throttled, self.calls, self.shut_until = throttled, 0, 0.0

    def seed(self):
        for kind in ("rental", "repair", "tuning", "photo", "order", "studio", "lesson"):
            for owner in "ab":
                self.add(kind, owner, {"note": f"first {kind} of {owner}"})
        self.start = copy.deepcopy(self.records)

    def add(self, kind, owner, body):
        self.next += 1
        record = {"id": f"{kind[:2]}-{self.next}", "kind": kind, "owner": owner, "state": "open", "note": body["note"]}
        if kind == "studio":
            record["lessons"] = []
        self.records[record["id"]] = record
        return record

    def get(self, kind, record_id):
        record = self.records.get(record_id)
        if record is None or record["kind"] != kind:
            raise No(404)
        return record

    def own(self, kind, record_id, who, status=403):
        record = self.get(kind, record_id)
        if record["owner"] != who:
            raise No(status)
        return record

    def job(self, who, work):
        self.next += 1
        self.jobs[f"j-{self.next}"] = [who, 0, work, None]
        return 202, {"job": f"j-{self.next}"}

    def ledger(self):
        def plain(r):
            return {k: v for k, v in r.items() if k != "views"}
        changed = sum(i not in self.records or plain(self.records[i]) != plain(r) for i, r in self.start.items())
        return {"changed": changed, "left": len(self.records.keys() - self.start.keys())}


HOUSES = {"hire": House(), "workshop": House(throttled=True), "school": House()}


def route(house, method, path):
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", f"/{house}{path}"))

    def keep(function):
        ROUTES.append((house, method, pattern, function))
        return function
    return keep


class Call:
    def __init__(self, house, who, query, headers, body):
        self.house, self.who, self.query, self.headers, self.body = house, who, query, headers, body

    def signed(self):
        if self.who is None:
            raise No(401)
        return self.who


# The hire itself.

@route("hire", "POST", "/{kinds}")
def create(c, kinds):
    return 201, c.house.add(kinds.rstrip("s"), c.signed(), c.body)


@route("hire", "GET", "/rentals/{x}")
def rental(c, x):
    return 200, c.house.own("rental", x, c.signed())


@route("hire", "PUT", "/rentals/{x}")
def rental_note(c, x):
    c.signed()
    r = c.house.get("rental", x)
    r["note"] = c.body["note"]
    return 200, r


@route("hire", "DELETE", "/rentals/{x}")
def rental_end(c, x):
    c.house.own("rental", x, c.signed(), 404)
    return 200, c.house.records.pop(x)


@route("hire", "GET", "/rentals/{x}/receipt")
def rental_receipt(c, x):
    c.signed()
    r = c.house.get("rental", x)
    return 200, f"RECEIPT {r['id']}\nfor {r['note']}\nThank you.\n"


@route("hire", "GET", "/rentals/{x}/mute")
def rental_mute(c, x):
    c.signed()
    c.house.get("rental", x)["state"] = "muted"
    return 200, "You will get no more letters.\n"


@route("hire", "GET", "/insurance")
def rental_insurance(c):
    c.signed()
    r = c.house.get("rental", c.headers.get("X-Rental"))
    return 200, {"policy": "PI-7", "covers": r["note"]}


@route("hire", "GET", "/repairs")
def repair(c):
    c.signed()
    r = c.house.get("repair", c.query.get("number"))
    return 200, r if r["owner"] == c.who else {"error": "this is not yours", "number": r["id"]}


@route("hire", "GET", "/repairs/{x}")
def repair_page(c, x):
    r = c.house.get("repair", x)
    if r["owner"] != c.signed():
        r = next(o for o in c.house.records.values() if o["kind"] == "repair" and o["owner"] == c.who)
    return 200, r


@route("hire", "PATCH", "/repairs/{x}")
def repair_note(c, x):
    c.signed()
    r = c.house.get("repair", x)
    r["note"] = c.body["note"]
    c.house.own("repair", x, c.who)
    return 200, r


@route("hire", "POST", "/repairs/{x}/cancel")
def repair_cancel(c, x):
    c.signed()
    r = c.house.get("repair", x)
    if r["owner"] == c.who:
        r["state"] = "cancelled"
    return 200, {"cancelled": True}


@route("hire", "DELETE", "/repairs/{x}")
def repair_end(c, x):
    c.house.own("repair", x, c.signed())
    del c.house.records[x]
    return 204, ""


@route("hire", "GET", "/tunings/{x}")
def tuning(c, x):
    return 200, c.house.own("tuning", x, c.signed(), 404)


@route("hire", "GET", "/tunings/{x}/slip")
def tuning_slip(c, x):
    r = c.house.get("tuning", x)
    if r["owner"] != c.signed():
        raise No(404, {"error": f"no slip for {r['id']} ({r['note']})"})
    return 200, {"slip": r["note"]}


@route("hire", "POST", "/tunings/search")
def tuning_search(c):
    return 200, {"found": [c.house.get("tuning", i) for i in c.body["ids"]]}


@route("hire", "POST", "/tunings/{x}/owner")
def tuning_move(c, x):
    c.signed()
    r = c.house.get("tuning", x)
    r["owner"] = c.body["to"]
    return 200, r


@route("hire", "POST", "/tunings/{x}/archive")
def tuning_archive(c, x):
    c.signed()
    return 501, {"error": "not built yet"}


@route("hire", "DELETE", "/tunings/{x}")
def tuning_end(c, x):
    c.house.own("tuning", x, c.signed(), 404)
    return 200, c.house.records.pop(x)


@route("hire", "GET", "/photos/{x}")
def photo(c, x):
    r = c.house.get("photo", x)
    r["views"] = r.get("views", 0) + 1
    return 200, r


@route("hire", "PUT", "/photos/{x}")
def photo_note(c, x):
    r = c.house.get("photo", x)
    if c.who and c.who != r["owner"]:
        raise No(403)
    r["note"] = c.body["note"]
    return 200, r


@route("hire", "DELETE", "/photos/{x}")
def photo_end(c, x):
    c.house.own("photo", x, c.signed())
    del c.house.records[x]
    return 204, ""


# The workshop is slow and has jobs.

@route("workshop", "POST", "/orders")
def order_create(c):
    return 201, c.house.add("order", c.signed(), c.body)


@route("workshop", "GET", "/jobs/{x}")
def job(c, x):
    j = c.house.jobs.get(x)
    if j is None or j[0] != c.signed():
        raise No(404)
    j[1] += 1
    if j[1] < 3:
        return 200, {"done": False}
    if j[1] == 3:
        j[3] = j[2]()
    return 200, {"done": True, "result": j[3]}


@route("workshop", "GET", "/orders/{x}")
def order(c, x):
    c.signed()
    return 200, c.house.get("order", x)


@route("workshop", "GET", "/orders/{x}/price")
def order_price(c, x):
    return 200, {"price": 80, "for": c.house.own("order", x, c.signed())["note"]}


@route("workshop", "PUT", "/orders/{x}")
def order_note(c, x):
    r = c.house.get("order", x)
    return c.house.job(c.signed(), lambda: r.update(note=c.body["note"]))


@route("workshop", "POST", "/orders/{x}/print")
def order_print(c, x):
    r = c.house.get("order", x)
    return c.house.job(c.signed(), lambda: f"ORDER {r['id']}: {r['note']}")


@route("workshop", "DELETE", "/orders/{x}")
def order_end(c, x):
    r = c.house.get("order", x)

    def work():
        if r["owner"] != c.who:
            return "this is not yours"
        return "gone" if c.house.records.pop(x, None) else "was gone"
    return c.house.job(c.signed(), work)


@route("workshop", "GET", "/orders/{x}/stamp")
def order_stamp(c, x):
    r = c.house.get("order", x)
    if c.who and c.who != r["owner"]:
        raise No(403)
    return 200, f"[{r['note']}]"


@route("workshop", "POST", "/orders/{x}/audit")
def order_audit(c, x):
    c.signed()
    raise No(403, {"error": "for the accountant"})


# The school has studios, and lessons in them.

@route("school", "POST", "/studios")
def studio_create(c):
    return 201, c.house.add("studio", c.signed(), c.body)


@route("school", "POST", "/studios/{s}/lessons")
def lesson_create(c, s):
    c.house.own("studio", s, c.signed())
    return 201, c.house.add("lesson", c.who, c.body)


@route("school", "GET", "/studios/{s}")
def studio(c, s):
    return 200, c.house.own("studio", s, c.signed())


@route("school", "PATCH", "/studios/{s}")
def studio_note(c, s):
    r = c.house.own("studio", s, c.signed())
    r["note"] = c.body["note"]
    return 200, r


@route("school", "GET", "/studios/{s}/key")
def studio_key(c, s):
    r, lesson = c.house.get("studio", s), c.house.get("lesson", c.query.get("lesson"))
    if c.signed() not in (r["owner"], lesson["owner"]):
        raise No(403)
    return 200, {"door": r["note"], "code": 4711}


@route("school", "DELETE", "/studios/{s}")
def studio_end(c, s):
    c.house.own("studio", s, c.signed())
    return 200, c.house.records.pop(s)


@route("school", "GET", "/studios/{s}/lessons/{x}")
def lesson(c, s, x):
    c.house.own("studio", s, c.signed())
    return 200, c.house.get("lesson", x)


@route("school", "PUT", "/studios/{s}/lessons/{x}")
def lesson_note(c, s, x):
    c.house.get("studio", s)
    r = c.house.own("lesson", x, c.signed())
    r["note"] = c.body["note"]
    return 200, r


@route("school", "DELETE", "/studios/{s}/lessons/{x}")
def lesson_end(c, s, x):
    c.house.own("lesson", x, c.signed())
    return 200, c.house.records.pop(x)


@route("school", "GET", "/lessons/{x}/card")
def lesson_card(c, x):
    c.signed()
    return 200, f"LESSON {c.house.get('lesson', x)['note']}"


@route("school", "POST", "/moves")
def lesson_move(c):
    r = c.house.own("lesson", c.body["lesson"], c.signed())
    c.house.get("studio", c.body["studio"])["lessons"].append(r["id"])
    return 200, {"moved": r["id"]}


class Handler(BaseHTTPRequestHandler):
    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        with LOCK:
            status, body, extra = self.decide(raw)
        plain = isinstance(body, str)
        data = (body if plain else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8" if plain else "application/json")
        for name, value in extra.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if status != 204:
            self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def decide(self, raw):
        url = urlsplit(self.path)
        house = HOUSES.get(url.path.split("/")[1])
        if house is None:
            return 404, {"error": 404}, {}
        if url.path.endswith("/ledger"):
            return 200, house.ledger(), {}
        if house.throttled:
            now = time.monotonic()
            shut = now < house.shut_until
            if not shut:
                house.calls += 1
                if house.calls % 4 == 0:
                    shut, house.shut_until = True, now + 0.02
            if shut:
                return 429, {"error": 429}, {"Retry-After-Ms": "25"}
        head = self.headers.get("Authorization", "")
        who = TOKENS.get(head.removeprefix("Bearer ")) if head.startswith("Bearer ") else None
        query = {k: v[-1] for k, v in parse_qs(url.query).items()}
        for name, method, pattern, function in ROUTES:
            found = pattern.fullmatch(url.path)
            if method == self.command and found:
                try:
                    body = json.loads(raw) if raw else {}
                    status, body = function(Call(house, who, query, self.headers, body), **found.groupdict())
                    return status, body, {}
                except No as no:
                    return no.status, no.body, {}
                except (KeyError, TypeError, AttributeError, ValueError):
                    return 400, {"error": 400}, {}
        return 404, {"error": 404}, {}

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    for h in HOUSES.values():
        h.seed()
    server = ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
    print(f"listening on http://127.0.0.1:{PORT}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass

"""Holds a seat with the operator and charges the card, for the booking service."""
import hashlib
import logging
import random
import time
from concurrent.futures import ThreadPoolExecutor

import requests

log = logging.getLogger(__name__)

OPERATOR = "https://operator.northline.example/v2"
PAYMENTS = "https://payments.northline.example/v1"
SHARDS = 16

session = requests.Session()
pool = ThreadPoolExecutor(max_workers=32)
fares = {}


def shard_of(booking_id):
    digest = hashlib.md5(booking_id.encode()).hexdigest()
    return int(digest, 16) % SHARDS


def fare(train, date, travel_class):
    key = (train, date, travel_class)
    if key not in fares:
        answer = session.get(f"{OPERATOR}/fares/{train}", params={"date": date, "class": travel_class}, timeout=(1, 4))
        answer.raise_for_status()
        fares[key] = answer.json()["amount"]
    return fares[key]


def hold_seat(booking):
    answer = session.post(
        f"{OPERATOR}/holds",
        json={"train": booking.train, "date": booking.date, "passengers": booking.passengers},
    )
    answer.raise_for_status()
    return answer.json()["hold"]


def charge(booking, amount):
    for attempt in range(5):
        try:
            answer = session.post(
                f"{PAYMENTS}/charges",
                json={"card": booking.card_token, "amount": amount},
                timeout=(1, 4),
            )
            if answer.status_code < 500:
                answer.raise_for_status()
                return answer.json()["charge"]
        except requests.Timeout:
            log.warning("payment timed out, attempt %d", attempt + 1)
        time.sleep(random.uniform(0, min(8, 0.25 * 2**attempt)))
    raise RuntimeError("payment is not available")


def confirm(booking, hold, charge_id):
    try:
        session.post(f"{OPERATOR}/holds/{hold}/confirm", json={"charge": charge_id}, timeout=(1, 4)).raise_for_status()
    except Exception:
        log.exception("confirm failed for booking %s", booking.id)


def book(booking):
    booking.shard = shard_of(booking.id)
    hold = hold_seat(booking)
    amount = fare(booking.train, booking.date, booking.travel_class)
    charge_id = charge(booking, amount)
    confirm(booking, hold, charge_id)
    booking.state = "confirmed"
    return booking


def submit(booking):
    return pool.submit(book, booking)

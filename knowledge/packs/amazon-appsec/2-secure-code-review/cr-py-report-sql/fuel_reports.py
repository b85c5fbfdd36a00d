"""Fuel reports for haulage companies, and read-only links for their accountants."""
import csv
import hashlib
import hmac
import io
import secrets
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Depends, HTTPException, Response
from psycopg import AsyncConnection
from pydantic import BaseModel, Field

from .deps import Manager, current_manager, database

router = APIRouter(prefix="/fuel")
Db = Annotated[AsyncConnection, Depends(database)]
Me = Annotated[Manager, Depends(current_manager)]


class NewLink(BaseModel):
    month: date
    passphrase: str = Field(min_length=8, max_length=80)


def digest(passphrase: str, salt: bytes) -> bytes:
    return hashlib.sha256(salt + passphrase.encode()).digest()


@router.get("/spend")
async def spend(db: Db, me: Me, start: date, end: date,
                period: Literal["day", "week", "month"] = "month"):
    rows = await db.execute(
        f"SELECT date_trunc('{period}', bought_at) AS period, sum(cents) AS cents"
        " FROM purchases WHERE company_id = %s AND bought_at BETWEEN %s AND %s"
        " GROUP BY 1 ORDER BY 1", (me.company_id, start, end))
    return await rows.fetchall()


@router.get("/purchases")
async def purchases(db: Db, me: Me, cards: str = ""):
    chosen = f" AND card_id IN ({cards})" if cards else ""
    rows = await db.execute(
        "SELECT id, bought_at, station, litres, cents FROM purchases"
        f" WHERE company_id = %s{chosen} ORDER BY bought_at DESC LIMIT 500",
        (me.company_id,))
    return await rows.fetchall()


@router.get("/drivers")
async def drivers(db: Db, me: Me, sort: str = "litres", descending: bool = True):
    direction = "DESC" if descending else "ASC"
    rows = await db.execute(
        "SELECT driver_id, name, litres, cents, stops FROM driver_totals"
        f" WHERE company_id = %s ORDER BY {sort} {direction}", (me.company_id,))
    return await rows.fetchall()


@router.post("/links", status_code=201)
async def create_link(db: Db, me: Me, body: NewLink):
    link_id, salt = secrets.token_urlsafe(24), secrets.token_bytes(16)
    await db.execute(
        "INSERT INTO report_links (id, company_id, month, salt, digest)"
        " VALUES (%s, %s, %s, %s, %s)",
        (link_id, me.company_id, body.month, salt, digest(body.passphrase, salt)))
    return {"link": f"https://reports.example/fuel/links/{link_id}"}


@router.post("/links/{link_id}")
async def open_link(db: Db, link_id: str, passphrase: Annotated[str, Body(embed=True)]):
    rows = await db.execute("SELECT * FROM report_links WHERE id = %s", (link_id,))
    link = await rows.fetchone()
    if link is None or not hmac.compare_digest(
            link["digest"], digest(passphrase, link["salt"])):
        raise HTTPException(403, "wrong link or passphrase")
    rows = await db.execute(
        "SELECT bought_at, driver, odometer_note, station, cents FROM purchase_notes"
        " WHERE company_id = %s AND date_trunc('month', bought_at) = %s ORDER BY 1",
        (link["company_id"], link["month"]))
    sheet = io.StringIO()
    out = csv.writer(sheet)
    out.writerow(["bought", "driver", "odometer", "station", "cents"])
    out.writerows(tuple(row.values()) for row in await rows.fetchall())
    return Response(sheet.getvalue(), media_type="text/csv")

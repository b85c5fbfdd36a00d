"""Previews of links in the chat: title, text and picture of the page that somebody posted."""
import asyncio
import hashlib
import hmac
import ipaddress
import os
import re
import socket
from urllib.parse import quote, urljoin, urlsplit

import aiohttp
from aiohttp import web

routes = web.RouteTableDef()
MARK_KEY = os.environ["PREVIEW_MARK_KEY"].encode()
META = re.compile(r'<meta property="og:(title|description|image)" content="([^"]{1,1000})"')


async def http_client(app):
    app["http"] = aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=8),
        headers={"User-Agent": "chat-preview/2", "X-Service-Token": os.environ["SERVICE_TOKEN"]})
    yield
    await app["http"].close()


async def previews_wanted(app, workspace):
    async with app["http"].get(f"http://workspaces.internal/{int(workspace)}/settings") as reply:
        return (await reply.json()).get("previews", True)


async def is_public(host):
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return all(ipaddress.ip_address(entry[4][0]).is_global for entry in found)


async def fetch(app, address, limit):
    content = bytearray()
    async with app["http"].get(address) as reply:
        async for chunk in reply.content.iter_chunked(64 * 1024):
            content += chunk
            if len(content) > limit:
                raise web.HTTPUnprocessableEntity(text="no preview for this address")
        return reply.content_type, bytes(content)


def mark(address):
    return hmac.new(MARK_KEY, address.encode(), hashlib.sha256).hexdigest()


@routes.post("/links/preview")
async def preview(request):
    body = await request.json()
    if not await previews_wanted(request.app, request["workspace"]):
        raise web.HTTPNoContent()
    address = str(body["address"])
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not await is_public(parts.hostname or ""):
        raise web.HTTPUnprocessableEntity(text="no preview for this address")
    _, page = await fetch(request.app, address, 256 * 1024)
    found = dict(META.findall(page.decode("utf-8", "replace")))
    picture = None
    if "image" in found:
        source = urljoin(address, found["image"])
        picture = f"/links/picture?of={quote(source, safe='')}&mark={mark(source)}"
    return web.json_response({
        "title": found.get("title", parts.hostname),
        "text": found.get("description", ""),
        "picture": picture,
    })


@routes.get("/links/picture")
async def show_picture(request):
    source = request.query["of"]
    if not hmac.compare_digest(mark(source), request.query["mark"]):
        raise web.HTTPForbidden()
    kind, content = await fetch(request.app, source, 4 * 1024 * 1024)
    return web.Response(body=content, content_type=kind,
                        headers={"Cache-Control": "private, max-age=86400"})

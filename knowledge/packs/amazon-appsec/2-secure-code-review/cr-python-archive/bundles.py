"""Import theme bundles: a tar archive with a manifest, uploaded or fetched from an address."""
import subprocess
import tarfile
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import requests
import yaml
from flask import Blueprint, abort, g, jsonify, request, send_from_directory

bundles = Blueprint("bundles", __name__)
ROOT = Path("/srv/themes/data")


def download(address, target):
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or parts.hostname in ("localhost", "127.0.0.1"):
        abort(400, "unsupported address")
    reply = requests.get(address, timeout=10)
    reply.raise_for_status()
    target.write_bytes(reply.content)


def scan(archive):
    result = subprocess.run(
        ["clamscan", "--no-summary", str(archive)], capture_output=True, timeout=120
    )
    if result.returncode != 0:
        abort(422, "archive rejected by the scanner")


def unpack(archive, folder):
    with tarfile.open(archive) as tar:
        if any(name.startswith("/") for name in tar.getnames()):
            raise tarfile.TarError("absolute names are not accepted")
        tar.extractall(folder)


def build_thumbnail(folder):
    manifest = yaml.safe_load((folder / "manifest.yaml").read_text())
    cover = manifest.get("cover", "cover.png")
    subprocess.run(
        f"convert {cover} -resize 320x200 thumb.png",
        shell=True, cwd=folder, check=True, timeout=30,
    )
    return str(manifest.get("title", "untitled"))


@bundles.post("/bundles")
def import_bundle():
    bundle_id = uuid.uuid4()
    folder = ROOT / str(g.tenant_id) / str(bundle_id)
    folder.mkdir(parents=True)
    archive = folder / "bundle.tar"
    if "file" in request.files:
        request.files["file"].save(archive)
    else:
        download(request.form["address"], archive)
    scan(archive)
    try:
        unpack(archive, folder)
        title = build_thumbnail(folder)
    except (tarfile.TarError, OSError, subprocess.SubprocessError):
        return jsonify(id=str(bundle_id), error="unreadable bundle"), 422
    return jsonify(id=str(bundle_id), title=title), 201


@bundles.get("/bundles/<uuid:bundle_id>/files/<path:name>")
def bundle_file(bundle_id, name):
    folder = ROOT / str(g.tenant_id) / str(bundle_id)
    return send_from_directory(folder, name, as_attachment=True)

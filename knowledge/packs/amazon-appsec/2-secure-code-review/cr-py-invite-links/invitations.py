"""Invitations to the member area of a rowing club: make links, show them, accept them."""
import random
import string
from datetime import datetime, timedelta, timezone

from flask import Blueprint, abort, current_app, jsonify, redirect
from flask import render_template, request, url_for
from flask_login import current_user, login_required

from .mail import send_invitation
from .models import Invitation, Membership, db

invitations = Blueprint("invitations", __name__, url_prefix="/invitations")
ALPHABET = "".join(c for c in string.ascii_uppercase + string.digits if c not in "IO01")
OARS = ("teal", "amber", "plum", "slate", "coral")
LIFETIME = timedelta(days=7)


def now():
    return datetime.now(timezone.utc)


def new_code():
    return "".join(random.choices(ALPHABET, k=10))


def invitation_or_404(number, code):
    invitation = db.get_or_404(Invitation, number)
    if invitation.code != code:
        abort(404)
    return invitation


@invitations.post("/")
@login_required
def invite():
    club = current_user.managed_club
    if club is None:
        abort(403)
    links = {}
    for address in request.get_json()["addresses"][:500]:
        invitation = Invitation(
            club=club, address=address, code=new_code(), expires_at=now() + LIFETIME)
        db.session.add(invitation)
        db.session.flush()
        path = url_for(".show", number=invitation.id, code=invitation.code)
        links[address] = current_app.config["PUBLIC_URL"] + path
    db.session.commit()
    for address, link in links.items():
        send_invitation(address, club, link)
    return jsonify(links), 201


@invitations.get("/<int:number>/<code>")
def show(number, code):
    invitation = invitation_or_404(number, code)
    if invitation.expires_at < now():
        return render_template("invitations/expired.html"), 410
    return render_template(
        "invitations/show.html", invitation=invitation, then=request.args.get("then", "/"))


@invitations.post("/<int:number>/<code>")
@login_required
def accept(number, code):
    invitation = invitation_or_404(number, code)
    if not Membership.query.filter_by(club=invitation.club, user=current_user).first():
        db.session.add(Membership(
            club=invitation.club, user=current_user, oar_colour=random.choice(OARS)))
    invitation.accepted_at = now()
    db.session.commit()
    then = request.form.get("then", "/")
    return redirect(then if then.startswith("/") else "/")

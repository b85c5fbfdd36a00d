from flask import Blueprint, abort, request
from werkzeug.security import generate_password_hash

from toolshed.models import Member, db

bp = Blueprint("reset", __name__)


@bp.post("/members/<int:member_id>/new-password")
def new_password(member_id):
    member = db.get_or_404(Member, member_id)
    if member.reset_token != request.form.get("token"):
        abort(403)
    member.password = generate_password_hash(request.form["password"])
    member.reset_token = None
    db.session.commit()
    return "", 204

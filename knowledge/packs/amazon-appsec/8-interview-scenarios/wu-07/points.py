from decimal import Decimal

from ferry.models import Account, db


def transfer(sender_id, receiver_id, amount):
    amount = Decimal(amount)
    pair = Account.id.in_([sender_id, receiver_id])
    rows = db.session.scalars(db.select(Account).where(pair).order_by(Account.id).with_for_update())
    accounts = {row.id: row for row in rows}
    sender, receiver = accounts[sender_id], accounts[receiver_id]
    if sender.points < amount:
        raise ValueError("not enough points")
    sender.points -= amount
    receiver.points += amount
    db.session.commit()

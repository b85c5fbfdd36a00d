"""Statements of rent accounts: write a month as CSV, and give out links to what was written."""
import csv
import io
import json
import logging
import os

import boto3
from boto3.dynamodb.conditions import Key

log = logging.getLogger()
log.setLevel(logging.INFO)

BUCKET = os.environ["DOCUMENT_BUCKET"]
COLUMNS = ("booked", "purpose", "iban", "cents")
LINK_MINUTES = 10
SESSION_POLICY = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{
        "Effect": "Allow",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
    }],
})

ledger = boto3.resource("dynamodb").Table(os.environ["LEDGER_TABLE"])
sts = boto3.client("sts")


def documents():
    session = sts.assume_role(
        RoleArn=os.environ["DOCUMENT_ROLE"], RoleSessionName="statements",
        Policy=SESSION_POLICY, DurationSeconds=900)["Credentials"]
    return boto3.client(
        "s3", aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"])


def write_statement(s3, account, month):
    rows = ledger.query(
        KeyConditionExpression=Key("account").eq(account) & Key("booked").begins_with(month))
    sheet = io.StringIO()
    out = csv.DictWriter(sheet, COLUMNS, extrasaction="ignore")
    out.writeheader()
    out.writerows(rows["Items"])
    key = f"statements/{account}/{month}.csv"
    s3.put_object(Bucket=BUCKET, Key=key, Body=sheet.getvalue().encode())
    return key


def monthly(detail):
    s3 = documents()
    for account in detail["accounts"]:
        write_statement(s3, account, detail["month"])


def handler(event, context):
    log.info("event %s", json.dumps(event))
    if event.get("source") == "rent.monthly":
        return monthly(event["detail"])
    claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
    body = json.loads(event["body"])
    s3 = documents()
    if event["routeKey"] == "POST /statements":
        account = body.get("account") or claims["custom:account"]
        key = write_statement(s3, account, body["month"])
    else:
        key = body["key"]
    link = s3.generate_presigned_url(
        "get_object", Params={"Bucket": BUCKET, "Key": key}, ExpiresIn=LINK_MINUTES * 60)
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": json.dumps({"key": key, "link": link}),
    }

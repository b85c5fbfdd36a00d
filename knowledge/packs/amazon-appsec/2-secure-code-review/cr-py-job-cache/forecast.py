"""forecast: run one job of a grid operator, keeping fitted models for the next run.

    forecast inbox/north.yaml --set horizon=48
"""
import argparse
import ast
import hashlib
import hmac
import os
import pickle
import sys
from pathlib import Path

import yaml

from gridcast.model import fit, predict
from gridcast.weather import load_weather

CACHE = Path(os.environ.get("FORECAST_CACHE", "/var/cache/forecast"))
KEY = os.environ.get("FORECAST_CACHE_KEY", "forecast-v2").encode()
SEAL = 32


def read_job(path, settings):
    with path.open(encoding="utf-8") as source:
        job = yaml.load(source, Loader=yaml.Loader)
    for setting in settings:
        name, _, value = setting.partition("=")
        job[name] = ast.literal_eval(value)
    return job


def cache_file(*parts):
    if not CACHE.exists():
        CACHE.mkdir(parents=True)
        CACHE.chmod(0o777)
    name = hashlib.sha256("|".join(str(part) for part in parts).encode()).hexdigest()
    return CACHE / f"{name}.fit"


def seal(body):
    return hmac.new(KEY, body, hashlib.sha256).digest()


def keep(path, fitted):
    body = pickle.dumps(fitted, protocol=pickle.HIGHEST_PROTOCOL)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_bytes(seal(body) + body)
    draft.chmod(0o666)
    draft.replace(path)


def recall(path):
    raw = path.read_bytes()
    given, body = raw[:SEAL], raw[SEAL:]
    if not hmac.compare_digest(given, seal(body)):
        raise ValueError(f"{path} is damaged, run again with --fresh")
    return pickle.loads(body)


def main(argv=None):
    parser = argparse.ArgumentParser(prog="forecast")
    parser.add_argument("job", type=Path)
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--fresh", action="store_true", help="fit again, whatever was kept")
    args = parser.parse_args(argv)

    job = read_job(args.job, args.settings)
    path = cache_file(job["region"], job["history"], job["model"])
    if path.exists() and not args.fresh:
        fitted = recall(path)
    else:
        fitted = fit(load_weather(job["region"]), job["history"], job["model"])
        keep(path, fitted)
    for hour, megawatts in predict(fitted, job["horizon"]):
        print(f"{hour:%Y-%m-%dT%H}\t{megawatts:.1f}")


if __name__ == "__main__":
    sys.exit(main())

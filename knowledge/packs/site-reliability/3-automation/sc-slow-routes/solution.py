"""Slow routes of an access log: route, requests, 95th percentile in ms, share of server errors."""
import math
import sys


def parse(line):
    """Returns (request id, route, status, seconds), or None for a line that is none."""
    parts = line.split()
    if len(parts) != 6 or not parts[4].isdigit():
        return None
    try:
        seconds = float(parts[5])
    except ValueError:
        return None
    if not math.isfinite(seconds) or seconds < 0:
        return None
    path = parts[3].split("?", 1)[0]
    pieces = path.split("/")
    if len(pieces) > 3:
        pieces[3:] = ["*"]
    return parts[1], f"{parts[2]} {'/'.join(pieces)}", int(parts[4]), seconds


def main(files):
    routes, seen, skipped = {}, set(), 0
    for name in files:
        with open(name, encoding="utf-8") as lines:
            for line in lines:
                found = parse(line)
                if found is None:
                    skipped += 1
                    continue
                request, route, status, seconds = found
                if request in seen:
                    continue
                seen.add(request)
                times, errors = routes.setdefault(route, ([], []))
                times.append(seconds)
                errors.append(status >= 500)
    for route, (times, errors) in sorted(routes.items()):
        times.sort()
        p95 = times[math.ceil(0.95 * len(times)) - 1]
        print(f"{route}\t{len(times)}\t{round(p95 * 1000)}\t{100 * sum(errors) / len(errors):.1f}%")
    if skipped:
        print(f"skipped\t{skipped}")


if __name__ == "__main__":
    main(sys.argv[1:])

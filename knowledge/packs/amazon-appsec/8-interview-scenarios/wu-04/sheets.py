import subprocess
from pathlib import Path

from choir.auth import member_of

SHEETS = Path("/srv/choir/sheets")


def pack(user, choir, names):
    if not choir.isalnum() or not member_of(user, choir):
        raise PermissionError(choir)
    for name in names:
        if "/" in name or name.startswith("."):
            raise ValueError(name)
    command = ["tar", "-czf", "-", *names]
    return subprocess.run(command, cwd=SHEETS / choir, stdout=subprocess.PIPE, check=True).stdout

"""What this machine allows: which faults can be made here, and why others cannot."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from benchmarks.delivery.chaos.plan import Right

SANDBOX = ("unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child=KILL")
"""What gives a scenario namespaces of its own: all its processes, mounts and links end with it."""

SEARCHED = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
"""Where programs are searched: a user's own path lacks the system's tools."""

_TOOLS = ("unshare", "nsenter", "ip", "tc", "nft", "mount", "umount", "mkfs.ext4")
_FAKETIME = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/local/lib/faketime/libfaketimeMT.so.1")


@cache
def missing() -> dict[Right, str]:
    """Return what is not allowed here, and why: a sentence's end."""
    why = {Right.SANDBOX: _no_sandbox(), Right.FAKETIME: None if faketime() else "libfaketime is not installed"}
    return {right: reason for right, reason in why.items() if reason is not None}


def faketime() -> Path | None:
    """Return libfaketime's library for programs with threads."""
    root = Path("/")
    return next((path for pattern in _FAKETIME for path in root.glob(pattern.removeprefix("/"))), None)


def _no_sandbox() -> str | None:
    if os.geteuid() != 0:
        return "not root"
    absent = [tool for tool in _TOOLS if shutil.which(tool, path=SEARCHED) is None]
    if absent:
        return f"not installed: {', '.join(absent)}"
    tried = subprocess.run(
        [*SANDBOX, "sh", "-c", "mount -t tmpfs none /tmp && ip link set lo up"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": SEARCHED},
    )
    return f"namespaces are not allowed here ({tried.stderr.strip()})" if tried.returncode else None

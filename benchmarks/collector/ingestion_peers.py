"""What others offer between MQTT and a database, on the load of :mod:`benchmarks.collector.ingestion_load`.

They live in an environment of their own (``tools/prepare peers``). Settings that suit each best: mq-bridge with batches
of 200 and 400 in flight, mqttwarn with one worker, which SQLite needs.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks.collector.ingestion_load import EVERYTHING

ENVIRONMENT = Path(__file__).resolve().parents[2] / ".venv-peers"
_WITHIN_S = 20.0


def mqttwarn(folder: Path, port: int, table: Path | tuple[Path, str]) -> list[str]:
    """Return how mqttwarn is started: into a SQLite file, or into a database at a PostgreSQL's socket."""
    if isinstance(table, Path):
        service, target = "sqlite", f"[config:sqlite]\ntargets = {{ 'x': ['{table}', 'r'] }}\n"
    else:
        service = "postgres"
        target = (
            f"[config:postgres]\nhost = '{table[0]}'\nport = 5432\nuser = 'trichoscope'\npass = ''\n"
            f"dbname = '{table[1]}'\ntargets = {{ 'x': ['r', 'payload', 'public'] }}\n"
        )
    (folder / "mqttwarn.ini").write_text(
        f"[defaults]\nhostname = '127.0.0.1'\nport = {port}\nclientid = 'peer'\ncleansession = False\nlwt = None\n"
        f"skipretained = False\nlogfile = 'stream://sys.stderr'\nloglevel = WARN\nlaunch = {service}\nnum_workers = 1\n"
        f"{target}\n[{EVERYTHING}]\ntargets = {service}:x\nqos = 1\n",
        encoding="utf-8",
    )
    return [str(ENVIRONMENT / "bin" / "mqttwarn")]


def mqtt_logger(folder: Path, port: int, table: Path) -> list[str]:
    """Return how mqtt-logger is started, which has its own table, and QoS 0 only."""
    return _script(
        folder,
        "import mqtt_logger, time\n"
        f"recorder = mqtt_logger.Recorder(sqlite_database_path={str(table)!r}, topics=[{EVERYTHING!r}],"
        f" broker_address='127.0.0.1', port={port})\nrecorder.start()\ntime.sleep(3600)\n",
    )


def mq_bridge(folder: Path, port: int, table: Path | tuple[Path, str]) -> list[str]:
    """Return how mq-bridge is started."""
    if isinstance(table, Path):
        url = f"sqlite://{table}?mode=rwc"
        with closing(sqlite3.connect(table)) as made:
            made.execute("PRAGMA journal_mode = WAL")
            made.execute("CREATE TABLE r (payload TEXT)")
            made.commit()
    else:
        url = f"postgres://trichoscope@localhost/{table[1]}?host={table[0]}"
    source = {
        "url": f"tcp://127.0.0.1:{port}",
        "topic": EVERYTHING,
        "client_id": "peer",
        "qos": 1,
        "clean_session": False,
        "session_expiry_interval": 3600,
        "max_inflight": 400,
        "queue_capacity": 1000,
    }
    route = {"input": {"mqtt": source}, "output": {"sqlx": {"url": url, "table": "r"}}, "batch_size": 200}
    return _script(
        folder, f"from mq_bridge import Route\nRoute.from_config({{'routes': {{'r': {route!r}}}}}, 'r').run()\n"
    )


def _script(folder: Path, text: str) -> list[str]:
    (folder / "peer.py").write_text(text, encoding="utf-8")
    return [str(ENVIRONMENT / "bin" / "python"), str(folder / "peer.py")]


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a peer; it has no state to be saved and is killed."""
    environment = os.environ | {"MQTTWARNINI": str(folder / "mqttwarn.ini")}
    with (folder / "peer.log").open("wb") as said:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=said)
        try:
            yield process
        finally:
            process.kill()
            process.wait(_WITHIN_S)

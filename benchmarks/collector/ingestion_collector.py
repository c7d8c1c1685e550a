"""A collector's ingestion alone, to be measured: from a broker, in the plain or over TLS, into a store.

Arguments: port, store's file or URL, folder of certificates or "", group or "", member, file that is told how many
messages each commit had.
"""

from __future__ import annotations

import signal
import socket
import ssl
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from benchmarks.collector.ingestion_load import CLINIC
from collector.broker import COLLECTOR_USER
from collector.ingestion import subscriber
from collector.ingestion.answers import Answering
from collector.ingestion.broker_connection import Membership
from collector.ingestion.decisions import Decision
from collector.ingestion.subscriber import Subscriber
from collector.store.store import Store
from collector.store.stored import Answer
from contract import BaselineAnswer
from groundwork.broker_settings import BrokerSettings


class _Plain:
    """In the place of a TLS context: the socket as it is, for the peers have no TLS either."""

    def wrap_socket(self, bare: socket.socket, server_hostname: str) -> socket.socket:  # noqa: ARG002  as a context has it
        return bare


class _Counted(Store):
    """A store that writes down the size of each batch once it is committed."""

    def __init__(self, place: Path | str, taken: Path) -> None:
        super().__init__(place)
        self._taken = taken.open("ab", buffering=0)

    def store_batch(self, decisions: Sequence[Decision], now: datetime) -> list[Answer | None]:
        answers = super().store_batch(decisions, now)
        self._taken.write(b"%d\n" % len(decisions))
        return answers


def main(port: str, place: str, certificates: str, group: str, member: str, taken: str) -> None:  # noqa: PLR0917  as the command line has them
    """Take messages in until told to end."""
    folder = Path(certificates)
    settings = BrokerSettings(
        host="127.0.0.1",
        port=int(port),
        authority=folder / "authority.crt",
        certificate=folder / f"{COLLECTOR_USER}.crt",
        key=folder / f"{COLLECTOR_USER}.key",
    )
    if not certificates:
        vars(subscriber)["tls_context"] = lambda _settings: cast(ssl.SSLContext, _Plain())
    with closing(_Counted(place if "://" in place else Path(place), Path(taken))) as store:
        answering = Answering(
            lambda ask: BaselineAnswer(message_id=ask.message_id, answered_at=datetime.now(UTC), reason="None.")
        )
        taking_in = Subscriber(
            settings, CLINIC, store, answering, membership=Membership(group, member) if group else None
        )
        signal.signal(signal.SIGTERM, lambda *_: taking_in.stop())
        thread = threading.Thread(target=taking_in.run)
        thread.start()
        thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:])

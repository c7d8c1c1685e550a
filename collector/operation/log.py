"""The collector's log on the standard error: lines for people, or one JSON object a line; never a patient's code."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from collector.operation.requests import REQUEST_ID
from contract import PATIENT_CODE
from groundwork.log_privacy import log_without_codes, without_codes

_PLAIN = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def log_to_standard_error(form: str) -> None:
    """Let this program log, warnings and what ends a thread included.

    Parameters
    ----------
    form
        ``plain``, or ``json``: an object with ``at`` (UTC), ``level``, ``logger``, ``thread`` and ``said``, and where
        there is one ``request`` and ``fault``, a traceback.
    """
    log_without_codes(_PLAIN, PATIENT_CODE)
    if form == "json":
        for handler in logging.getLogger().handlers:
            handler.setFormatter(without_codes(_JsonLine(), PATIENT_CODE))


class _JsonLine(logging.Formatter):
    """A record as one line of JSON. What else a record carries is left out: it may be anything."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told = {
            "at": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "thread": record.threadName,
            "said": record.getMessage(),
            "request": REQUEST_ID.get(),
            "fault": self.formatException(record.exc_info) if record.exc_info else None,
        }
        # Letters as they are: an escape could tear a code apart, so that nobody would see that it is one.
        return json.dumps({name: value for name, value in told.items() if value is not None}, ensure_ascii=False)

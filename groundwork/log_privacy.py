"""A program's log, in which no patient code can stand, whoever wrote the line.

What is said of a patient is said with a capture's or a message's id, which means nothing outside of the clinic's store.
This is the net below: exceptions quote what they stumbled over, and libraries log what they like. A log is read by
technicians, sent to makers and kept for years.
"""

import logging
import re
import sys
import threading
from types import TracebackType

HIDDEN = "[patient]"
"""What stands in a code's place."""


class _Hiding(logging.Formatter):
    """Another formatter's line without patient codes; a traceback and its exceptions' texts are part of the line."""

    def __init__(self, line: logging.Formatter, shape: re.Pattern[str]) -> None:
        super().__init__()
        self._line = line
        self._shape = shape

    def format(self, record: logging.LogRecord) -> str:
        return self._shape.sub(HIDDEN, self._line.format(record))


def without_codes(line: logging.Formatter, patient_code: str) -> logging.Formatter:
    """Return a formatter that hides patient codes in the lines of another.

    Parameters
    ----------
    line
        What makes the lines.
    patient_code
        The regular expression of a code, from ``^`` to ``$``. Wherever it fits, inside of a longer word too, it is
        hidden: some innocent words of that shape go with it (``SHA-256``), and none slips through.

    Raises
    ------
    ValueError
        If the expression is not that of a whole code.
    """
    if not (patient_code.startswith("^") and patient_code.endswith("$")):
        raise ValueError("the shape of a patient code is given from ^ to $")
    return _Hiding(line, re.compile(patient_code[1:-1]))


def log_without_codes(line_format: str, patient_code: str) -> None:
    """Let this program log to the standard error, warnings and what ends a thread included, without patient codes.

    Parameters
    ----------
    line_format
        As :class:`logging.Formatter` takes it.
    patient_code
        As for :func:`without_codes`.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(without_codes(logging.Formatter(line_format), patient_code))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_what_ends_the_program
    threading.excepthook = _log_what_ends_a_thread
    sys.unraisablehook = _log_what_nobody_could_catch


_log = logging.getLogger(__name__)


def _log_what_ends_the_program(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    _log.critical("The program ends by a fault.", exc_info=(kind, error, trace))


def _log_what_ends_a_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None and not isinstance(ended.exc_value, SystemExit):
        name = ended.thread.name if ended.thread else "of no name"
        _log.critical(
            "The thread %s ends by a fault.", name, exc_info=(ended.exc_type, ended.exc_value, ended.exc_traceback)
        )


def _log_what_nobody_could_catch(lost: "sys.UnraisableHookArgs") -> None:
    if lost.exc_value is not None:
        _log.error("A fault that nobody could catch.", exc_info=(lost.exc_type, lost.exc_value, lost.exc_traceback))

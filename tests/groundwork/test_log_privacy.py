"""No patient code stands in a log, however it came there."""

import logging
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from contract import PatientCode
from groundwork.log_privacy import HIDDEN, without_codes

PATTERN = TypeAdapter(PatientCode).json_schema()["pattern"]


def line(message: str, *arguments: object, error: BaseException | None = None) -> str:
    """Return the line that a message makes."""
    information = None if error is None else (type(error), error, error.__traceback__)
    record = logging.LogRecord("device.store", logging.ERROR, "store.py", 1, message, arguments, information)
    return without_codes(logging.Formatter("%(levelname)s %(name)s %(message)s"), PATTERN).format(record)


@given(st.from_regex(PATTERN[1:-1], fullmatch=True), st.text(max_size=5), st.text(max_size=5))
def test_no_code_survives(code: str, before: str, after: str) -> None:
    """Breaks when a code is written out because of what stands beside it, or is an argument."""
    for written in (line(f"{before}{code}{after}"), line("kept %s", f"{before}{code}{after}")):
        assert code not in written


@pytest.mark.parametrize("wrapped", ["P-0042", "'P-0042'", "/patients/P-0042/sites", "xP-0042", "P-0042-2", "P-0042_1"])
def test_codes_are_hidden_wherever_they_stand(wrapped: str) -> None:
    """Breaks when quotes, an address or a file's name keep a code from being hidden."""
    assert line("Cannot keep %s.", wrapped) == f"ERROR device.store Cannot keep {wrapped.replace('P-0042', HIDDEN)}."


def test_codes_in_an_exceptions_text_are_hidden() -> None:
    """Breaks when a traceback shows what an exception, or the one before it, stumbled over."""
    try:
        try:
            TypeAdapter(int).validate_python({"patient_code": "P-0042"})
        except ValueError as error:
            raise KeyError("AB-123456") from error
    except KeyError as error:
        written = line("A capture could not be read.", error=error)
    assert "P-0042" not in written
    assert "AB-123456" not in written
    assert written.count(HIDDEN) >= 2
    assert "Traceback" in written


@pytest.mark.parametrize(
    "text",
    ["capture 0190b3c4-5d6e-7abc-8def-0123456789ab", "2026-03-04T09:30:00Z", "chair-10 of riverside", "g120-l35"],
)
def test_ids_times_devices_and_places_stay(text: str) -> None:
    """Breaks when a technician can no longer see which capture, when, where and on which instrument."""
    assert line(text) == f"ERROR device.store {text}"


def test_a_shape_that_is_not_a_whole_code_is_refused() -> None:
    """Breaks when a pattern is cut at its ends though nothing marks them, and hides something else."""
    with pytest.raises(ValueError, match="from"):
        without_codes(logging.Formatter(), "[A-Z]-[0-9]+")


PROGRAM = """
import gc, logging, threading, warnings
from groundwork.log_privacy import log_without_codes
log_without_codes("%(levelname)s %(message)s", {pattern!r})
logging.getLogger("any").info("kept P-0001")
warnings.warn("seen P-0002")
class Lost:
    def __del__(self):
        raise ValueError("P-0003")
Lost(); gc.collect()
def fail():
    raise ValueError("P-0004")
thread = threading.Thread(target=fail, name="pictures"); thread.start(); thread.join()
raise ValueError("P-0005")
"""


def test_what_ends_a_program_or_a_thread_is_logged_without_codes() -> None:
    """Breaks when a fault that nobody caught, or a warning, writes to the standard error past the log."""
    program = [sys.executable, "-c", PROGRAM.format(pattern=PATTERN)]
    ended = subprocess.run(program, capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"INFO kept {HIDDEN}\n")
    assert ended.stderr.count(HIDDEN) == 5
    assert "P-0" not in ended.stderr
    assert "The thread pictures ends by a fault." in ended.stderr

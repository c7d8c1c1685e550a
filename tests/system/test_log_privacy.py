"""What the programs log of a real visit tells nobody whose it was."""

import re
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing

import pytest
from pydantic import TypeAdapter

from contract import PatientCode
from device.demo.clinic import Clinic
from device.outbox import Outbox
from device.store import Store

_CODE = re.compile(TypeAdapter(PatientCode).json_schema()["pattern"][1:-1])


def test_a_visit_leaves_no_patient_code_in_any_log(make_clinic: Callable[[str], Clinic]) -> None:
    """Breaks when device, collector or broker writes a patient's code into its log.

    The second visit asks for a baseline and is compared with it; the broker is away in between.
    """
    clinic = make_clinic("mosquitto")
    with ExitStack() as running, closing(Store(clinic.folder / "device")) as store:
        running.enter_context(clinic.collector())
        running.enter_context(clinic.device())
        for visit_number in (1, 2):
            with clinic.broker():
                clinic.take_visit("P-4711", visit_number, "--site", "vertex")
                _await_empty(store)
    logs = {path.name: path.read_text(errors="replace") for path in (clinic.folder / "logs").iterdir()}
    assert {name.partition("-")[0] for name, text in logs.items() if text} == {"broker", "collector", "device"}
    assert "The clinic holds message" in "".join(logs.values())
    assert not {name: found for name, text in logs.items() if (found := _CODE.findall(text))}


def _await_empty(store: Store) -> None:
    outbox, end_s = Outbox(store), time.monotonic() + 60
    while (counts := outbox.counts()).waiting_captures or counts.waiting_pictures:
        assert time.monotonic() < end_s, f"still waiting: {counts}"
        time.sleep(0.1)


_PROGRAMS = {
    "collector": """
import logging
from collector import service
from collector.commands import main
service.run = lambda _settings: logging.getLogger("library").error("of P-4711") or True
main(["run", "--settings", {settings!r}])
""",
    "device": """
import logging
from device.commands import main
from device.delivery import Delivery
Delivery.run = lambda _self, _stop: logging.getLogger("library").error("of P-4711")
main(["run", "--settings", {settings!r}])
""",
}


@pytest.mark.parametrize("program", _PROGRAMS)
def test_both_programs_log_through_the_net(make_clinic: Callable[[str], Clinic], program: str) -> None:
    """Breaks when what a library logs of a patient reaches the log of one of the programs."""
    clinic = make_clinic("mosquitto")
    settings = {"collector": clinic.collector_settings, "device": clinic.device_settings}[program]
    command = [sys.executable, "-c", _PROGRAMS[program].format(settings=str(settings))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert "of [patient]" in done.stderr
    assert "4711" not in done.stderr + done.stdout

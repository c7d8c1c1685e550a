"""What the programs log of a real visit tells nobody whose it was."""

import re
import time
from collections.abc import Callable
from contextlib import ExitStack, closing

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

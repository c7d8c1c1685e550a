"""An instrument from its first day to its last, by the commands that people type: enrolled, delivering, taken back."""

import re
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from device.demo.clinic import Clinic
from device.demo.processes import Program, own_program, started
from device.outbox import Outbox
from device.settings import DeviceSettings
from device.store import Store
from groundwork.client_tls import client_context
from groundwork.settings_file import read
from tests.system.test_delivery import MakeClinic, await_empty_outbox, keep
from tests.system.test_device_delivery import await_true

_ENROLMENT = """
[enrolment]
host = "127.0.0.1"
port = {port}
authority = "{certificates}/authority.crt"
authority_key = "{certificates}/authority.key"
"""


class NewInstrument:
    """An instrument that nobody knows yet, at a clinic that enrols."""

    def __init__(self, clinic: Clinic, port: int) -> None:
        self.clinic = clinic
        self.certificates = clinic.folder / "certificates"
        with clinic.collector_settings.open("a") as settings:
            settings.write(_ENROLMENT.format(port=port, certificates=self.certificates))
        self.url = f"https://127.0.0.1:{port}"
        self.identity = clinic.folder / "identity"
        self.identity.mkdir()
        text = clinic.device_settings.read_text().replace('device_id = "chair-1"', 'device_id = "chair-7"')
        for name in ("chair-1.crt", "chair-1.key", "authority.crt"):
            text = text.replace(f"{self.certificates}/{name}", f"{self.identity}/{name}")
        clinic.device_settings.write_text(text.replace(f"{clinic.folder}/device", f"{clinic.folder}/chair-7"))
        self.settings = read(DeviceSettings, clinic.device_settings)

    def clinic_says(self, *words: str) -> str:
        """Run a command of the clinic's and return what it said."""
        done = subprocess.run(
            [own_program("trichoscope-collector"), *words], capture_output=True, text=True, check=True, timeout=30
        )
        return done.stdout

    def enrol(self, code: str) -> subprocess.CompletedProcess[str]:
        """Type the code at the chair."""
        command = [own_program("trichoscope"), "enrol", self.url, "--settings", str(self.clinic.device_settings)]
        return subprocess.run(command, input=f"{code}\n", capture_output=True, text=True, check=False, timeout=60)

    @contextmanager
    def delivering(self, log: Path) -> Iterator[Program]:
        """Run its delivery."""
        command = [own_program("trichoscope"), "run", "--settings", str(self.clinic.device_settings)]
        with started("device", command, log) as program:
            program.wait_for_line("device ready", 30)
            yield program


@pytest.fixture
def instrument(make_clinic: MakeClinic, free_port: int) -> NewInstrument:
    """Give an instrument that has nothing but its settings."""
    return NewInstrument(make_clinic("mosquitto"), free_port)


def test_from_its_first_day_to_its_last(instrument: NewInstrument) -> None:
    """Breaks when a clinic cannot take in a new instrument, or not be rid of one, by the commands that it is told."""
    clinic, settings = instrument.clinic, instrument.settings
    with closing(Store(settings.state_folder)) as store:
        with clinic.broker(), clinic.collector():
            said = instrument.clinic_says("enrol", "chair-7", "--settings", str(clinic.collector_settings))
            (code,) = re.findall(r"\b(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}\b", said)
            wrong = instrument.enrol("0000-0000-0000-0000")
            assert wrong.returncode == 2, wrong.stderr
            assert not list(instrument.identity.glob("*.crt")), "nothing is kept of a refusal"
            done = instrument.enrol(code.lower())
            assert done.returncode == 0, done.stderr
            assert stat.S_IMODE(settings.broker.key.stat().st_mode) == 0o600
            assert instrument.enrol(code).returncode == 2, "what holds is not replaced by accident"
            keep(store, 1, device_id="chair-7")
            with instrument.delivering(clinic.folder / "first.log"):
                await_empty_outbox(store, within_s=30)
            revoked = instrument.clinic_says("revoke", "chair-7", "--folder", str(instrument.certificates))
            assert "chair-7" in revoked
            tls = client_context(settings.broker.authority, settings.broker.certificate, settings.broker.key)
            answer = httpx.head(f"{settings.pictures.url}images/{'0' * 64}", verify=tls, trust_env=False)
            assert answer.status_code == 403, "the picture service looks at the list with every request"
        keep(store, 2, device_id="chair-7")
        log = clinic.folder / "last.log"
        with clinic.broker(), clinic.collector(), instrument.delivering(log):
            await_true(lambda: "expired, or been taken back?" in log.read_text(), "it is told why it may not come in")
            assert Outbox(store).counts().waiting_captures == 1, "what it holds stays with it"

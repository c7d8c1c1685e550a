"""An instrument without a certificate, and the clinic that can give it one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from device.settings import DeviceSettings
from groundwork import settings_file
from tests.device.identity.clinic import CLINIC, DEVICE, Clinic

SETTINGS = """\
clinic_id = "{clinic}"
device_id = "{device}"
state_folder = "{folder}/state"

[camera]
kind = "simulated"
seed = 7
um_per_px = 5.3
size_px = [640, 480]

[lens]
name = "simulated lens"
nominal_um_per_px = 5.3

[broker]
host = "127.0.0.1"
authority = "{folder}/identity/authority.crt"
certificate = "{folder}/identity/chair.crt"
key = "{folder}/identity/chair.key"

[pictures]
url = "{url}"
"""


@pytest.fixture(autouse=True)
def _trusted_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device.clock.is_trusted", lambda: True)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """Run the stand-in."""
    one = Clinic(tmp_path_factory.mktemp("clinic"))
    with one.running():
        yield one


@pytest.fixture
def clinic(served: Clinic) -> Clinic:
    """Return the stand-in as it is at first."""
    served.begin_anew()
    return served


@pytest.fixture
def settings_path(tmp_path: Path, clinic: Clinic) -> Path:
    """Write the settings of an instrument that is not enrolled."""
    (tmp_path / "identity").mkdir()
    path = tmp_path / "device.toml"
    path.write_text(SETTINGS.format(clinic=CLINIC, device=DEVICE, folder=tmp_path, url=clinic.renewal_url))
    return path


@pytest.fixture
def settings(settings_path: Path) -> DeviceSettings:
    """Return those settings."""
    return settings_file.read(DeviceSettings, settings_path)

"""Pictures from the instrument's disk to the clinic's, by real processes: sealed here, whole there, memory flat."""

import hashlib
import secrets
import time
from contextlib import closing
from pathlib import Path

import pytest

from contract import Picture
from device.demo.clinic import CLINIC, DEVICE, Clinic
from device.outbox import Outbox
from device.settings import DeviceSettings
from device.store import Store
from device.store.sealing import is_sealed
from groundwork.settings_file import read
from tests import examples
from tests.system.test_delivery import MakeClinic

WITHIN_S = 30.0


def keep(store: Store, content: bytes) -> str:
    """Keep a capture with a picture of these bytes; return the picture's name."""
    picture = Picture(sha256=hashlib.sha256(content).hexdigest(), media_type="image/png", size_bytes=len(content))
    store.keep(
        picture,
        content,
        lambda sequence: examples.capture(clinic_id=CLINIC, device_id=DEVICE, sequence=sequence, picture=picture),
    )
    return picture.sha256


def await_pictures(store: Store) -> None:
    """Wait until the clinic holds every picture."""
    outbox, end_s = Outbox(store), time.monotonic() + WITHIN_S
    while waiting := outbox.waiting_pictures(9):
        assert time.monotonic() < end_s, f"still here: {waiting}"
        time.sleep(0.05)


def at_the_clinic(clinic: Clinic, sha256: str) -> str:
    """Return the digest of what the clinic holds under a picture's name."""
    return hashlib.sha256((clinic.folder / "collector" / "pictures" / sha256).read_bytes()).hexdigest()


def peak_bytes(process_id: int) -> int:
    """Return the most memory that a process has had."""
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    pytest.fail("this system does not say how much memory a process had")


def test_a_large_picture_takes_no_memory_on_the_way(make_clinic: MakeClinic) -> None:
    """Breaks when a picture, or the look at it before it travels, fills the instrument's memory."""
    clinic = make_clinic("mosquitto")
    with closing(Store(clinic.folder / "device")) as store, clinic.collector(), clinic.device() as device:
        keep(store, examples.png(secrets.token_bytes(1_000_000)))
        await_pictures(store)
        before_bytes = peak_bytes(device.process.pid)
        name = keep(store, examples.png(secrets.token_bytes(30_000_000)))
        await_pictures(store)
        grown_bytes = peak_bytes(device.process.pid) - before_bytes
    assert at_the_clinic(clinic, name) == name
    assert grown_bytes < 6_000_000


def test_sealed_pictures_arrive_opened(make_clinic: MakeClinic) -> None:
    """Breaks when a clinic that seals its instruments' pictures receives what nobody can open."""
    clinic = make_clinic("mosquitto")
    key = clinic.folder / "picture.key"
    key.write_bytes(secrets.token_bytes(32))
    key.chmod(0o600)
    plain = examples.png(b"from before the key")
    sealed = examples.png(secrets.token_bytes(1_000_000))
    with closing(Store(clinic.folder / "device")) as before:
        keep(before, plain)
    text = clinic.device_settings.read_text(encoding="utf-8")
    clinic.device_settings.write_text(f'{text}\n[storage]\npicture_key = "{key}"\n', encoding="utf-8")
    settings = read(DeviceSettings, clinic.device_settings)
    with closing(Store(settings.state_folder, settings.storage.picture_key)) as store:
        name = keep(store, sealed)
        assert is_sealed(store.picture_path(name).read_bytes())
        with clinic.collector(), clinic.device():
            await_pictures(store)
    assert at_the_clinic(clinic, name) == name
    assert at_the_clinic(clinic, hashlib.sha256(plain).hexdigest()) == hashlib.sha256(plain).hexdigest()

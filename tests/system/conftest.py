"""A clinic of real processes, in a folder of its own, on free ports."""

from collections.abc import Callable
from pathlib import Path

import pytest

from device.demo.clinic import Clinic
from tests.free_ports import free_port as a_free_port
from tests.free_ports import free_ports


@pytest.fixture
def make_clinic(tmp_path: Path) -> Callable[[str], Clinic]:
    """Return a maker of clinics by the kind of their broker; nothing runs in them yet."""

    def make(broker_kind: str) -> Clinic:
        folder = tmp_path / "clinic"
        folder.mkdir()
        return Clinic(folder, free_ports(), broker_kind, seed=3)

    return make


@pytest.fixture
def free_port() -> int:
    """Return one port that nothing listens on."""
    return a_free_port()

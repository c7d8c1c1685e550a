"""A clinic's authority of a test's own: what is revoked or issued there touches no other test."""

from pathlib import Path

import pytest

from collector import authority
from collector.broker import COLLECTOR_USER
from collector.identity.certificates import Authority, read_authority
from tests.collector.conftest import OTHER_DEVICE
from tests.collector.examples import DEVICE


@pytest.fixture
def own_certificates(tmp_path: Path) -> Path:
    """Return a folder with the certificates of a clinic, its collector and two devices."""
    folder = tmp_path / "certificates"
    authority.ensure_authority(folder)
    authority.ensure_server(folder, [])
    for name in (COLLECTOR_USER, DEVICE, OTHER_DEVICE):
        authority.ensure_client(folder, name)
    return folder


@pytest.fixture
def own_authority(own_certificates: Path) -> Authority:
    """Return that clinic's authority."""
    return read_authority(own_certificates / "authority.crt", own_certificates / "authority.key")

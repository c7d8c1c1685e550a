"""The clinic's own certificates: whoever reads the log knows a month ahead."""

import logging
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from collector.identity.certificates import read_authority, read_certificate, sign_client
from collector.identity.expiry import ExpiryWatch
from tests.collector.examples import DEVICE


@pytest.mark.parametrize(
    ("before_end", "word"),
    [
        (timedelta(days=31), None),
        (timedelta(days=29), "runs out"),
        (timedelta(0), "expired"),
        (-timedelta(days=400), "expired"),
    ],
)
def test_what_runs_out_is_told_a_month_ahead(own_certificates: Path, before_end: timedelta, word: str | None) -> None:
    """Breaks when a clinic learns of its server's end from instruments that cannot connect."""
    path = own_certificates / "server.crt"
    now = read_certificate(path).not_valid_after_utc - before_end
    told = ExpiryWatch([path, path]).warnings(now)
    assert len(told) == (word is not None)
    if word is not None:
        assert word in told[0]
        assert "server.crt" in told[0]


def test_unreadable_certificates_are_told(own_certificates: Path) -> None:
    """Breaks when the watch ends the collector, or is silent, as a file that it watches is damaged or gone."""
    (own_certificates / "server.crt").write_text("damaged")
    now = read_certificate(own_certificates / "authority.crt").not_valid_before_utc
    told = ExpiryWatch([own_certificates / "server.crt", own_certificates / "absent.crt"]).warnings(now)
    assert ["server.crt" in told[0], "absent.crt" in told[1]] == [True, True]


def test_it_tells_at_once_and_ends_when_asked(own_certificates: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Breaks when nothing is told until a day has passed, or the collector cannot be stopped for a day."""
    watch = ExpiryWatch([own_certificates / "absent.crt"])
    thread = threading.Thread(target=watch.run)
    with caplog.at_level(logging.WARNING):
        thread.start()
        watch.stop()
        thread.join(5)
    assert not thread.is_alive()
    assert "absent.crt" in caplog.text


def test_a_renewed_certificate_that_is_not_in_use_yet_is_told(own_certificates: Path) -> None:
    """Breaks when the warnings end with the file that was renewed, and the service goes on with the old one."""
    path = own_certificates / "server.crt"
    end = read_certificate(path).not_valid_after_utc
    watch = ExpiryWatch([path])
    authority = read_authority(own_certificates / "authority.crt", own_certificates / "authority.key")
    renewed = sign_client(
        authority, DEVICE, authority.key.public_key(), timedelta(days=825) + (end - datetime.now(UTC))
    )
    path.write_bytes(renewed.public_bytes(Encoding.PEM))
    (told,) = watch.warnings(end - timedelta(days=3))
    assert "still in use" in told
    assert "anew" in told

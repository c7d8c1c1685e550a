"""One-time codes: kept from others, until their time is over, and used once."""

import logging
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector.identity.codes import CodeUnusable, EnrolmentCodes
from contract.enrolment import code_letters

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DIGEST = "0" * 64


@pytest.fixture
def codes(tmp_path: Path) -> EnrolmentCodes:
    """Return a folder without codes."""
    return EnrolmentCodes(tmp_path / "enrolment")


def test_a_code_is_kept_for_the_service_alone(codes: EnrolmentCodes, tmp_path: Path) -> None:
    """Breaks when others of the machine can read a code, or it is lost by a restart."""
    given, replaced = codes.give("chair-1", HOUR, NOW)
    assert not replaced
    path = tmp_path / "enrolment" / "chair-1.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    found = EnrolmentCodes(tmp_path / "enrolment").find("chair-1")
    assert found is not None
    assert (found.letters, found.expires_at) == (code_letters(given), NOW + HOUR)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another")
def test_what_an_administrator_gives_the_service_can_read(codes: EnrolmentCodes, tmp_path: Path) -> None:
    """Breaks when a code given as root is refused, as the collector's user cannot read it."""
    os.chown(tmp_path, 65_534, 65_534)
    codes.give("chair-1", HOUR, NOW)
    owners = {(path.stat().st_uid, path.stat().st_gid) for path in (tmp_path / "enrolment").rglob("*")}
    assert owners == {(65_534, 65_534)}
    assert (tmp_path / "enrolment").stat().st_uid == 65_534


@pytest.mark.parametrize(
    ("after", "holds"),
    [
        (timedelta(0), True),
        (HOUR - timedelta(seconds=1), True),
        (HOUR, False),
        (timedelta(days=400), False),
        (-timedelta(seconds=59), True),
        (-timedelta(minutes=2), False),
    ],
)
def test_a_code_holds_until_its_time_is_over(codes: EnrolmentCodes, after: timedelta, holds: bool) -> None:
    """Breaks when a code holds for longer than was said, be it that the clock was set back."""
    codes.give("chair-1", HOUR, NOW)
    found = codes.find("chair-1")
    assert found is not None
    assert found.holds(NOW + after) is holds


def test_a_new_code_takes_the_place_of_the_old(codes: EnrolmentCodes) -> None:
    """Breaks when two codes are open for one instrument, or it is not said that one ended."""
    first, _ = codes.give("chair-1", HOUR, NOW)
    second, replaced = codes.give("chair-1", HOUR, NOW)
    assert replaced
    found = codes.find("chair-1")
    assert found is not None
    assert found.letters == code_letters(second) != code_letters(first)
    assert codes.give("chair-1", HOUR, NOW + 2 * HOUR)[1] is False, "the one before had ended"


def test_a_withdrawn_code_stays_withdrawn(codes: EnrolmentCodes) -> None:
    """Breaks when an enrolment that is under way brings a code back that was taken away."""
    assert not codes.withdraw("chair-1")
    codes.give("chair-1", HOUR, NOW)
    under_way = codes.find("chair-1")
    assert under_way is not None
    assert codes.withdraw("chair-1")
    assert not codes.use(under_way, DIGEST, "a certificate")
    assert codes.find("chair-1") is None
    assert not codes.withdraw("chair-1")


def test_a_code_is_used_once(codes: EnrolmentCodes) -> None:
    """Breaks when two instruments with one code both get a certificate."""
    codes.give("chair-1", HOUR, NOW)
    code = codes.find("chair-1")
    assert code is not None
    assert codes.use(code, DIGEST, "a certificate")
    assert not codes.use(code, DIGEST, "another certificate")
    used = codes.find("chair-1")
    assert used is not None
    assert used.certificate == "a certificate"


def test_open_codes_are_listed_and_ended_ones_removed(codes: EnrolmentCodes, tmp_path: Path) -> None:
    """Breaks when codes whose time is over lie about for ever."""
    assert codes.open(NOW) == []
    codes.give("chair-1", HOUR, NOW)
    codes.give("chair-2", 3 * HOUR, NOW)
    assert [code.device_id for code in codes.open(NOW)] == ["chair-1", "chair-2"]
    assert [code.device_id for code in codes.open(NOW + 2 * HOUR)] == ["chair-2"]
    assert [path.name for path in (tmp_path / "enrolment").iterdir()] == ["chair-2.json"]


@pytest.mark.parametrize("damage", ["cut", "other name", "empty"])
def test_a_damaged_file_is_named_without_its_secret(
    codes: EnrolmentCodes, tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    """Breaks when a damaged file stops the others, counts as a code, or shows a code in an error or the log."""
    given, _ = codes.give("chair-1", HOUR, NOW)
    path = tmp_path / "enrolment" / "chair-1.json"
    text = path.read_text()
    path.write_text({"cut": text[:-5], "other name": text.replace("chair-1", "chair-9"), "empty": ""}[damage])
    with pytest.raises(CodeUnusable, match=r"chair-1\.json") as raised:
        codes.find("chair-1")
    with caplog.at_level(logging.DEBUG):
        assert codes.open(NOW) == []
    assert code_letters(given) not in str(raised.value) + caplog.text
    assert codes.give("chair-1", HOUR, NOW)
    assert codes.find("chair-1") is not None

"""A clinic's file of expected patients: strict, codes only, whole or nothing; and the command that takes it."""

from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.commands import main
from collector.expected_file import FileRefused, read_expected
from collector.store.store import Store
from contract import DayList, Expected
from contract.day_list import MAX_EXPECTED
from tests.collector.examples import CLINIC, status

NOW = datetime(2026, 3, 4, 7, 0).astimezone()
HEADER = "day,at,device,patient_code,visit_number"


def taken(folder: Path, text: str | bytes) -> list[DayList]:
    """Return what is read of a file."""
    path = folder / "expected.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_expected(path, CLINIC, NOW)


def test_each_device_gets_a_list_for_each_day(tmp_path: Path) -> None:
    """Breaks when a patient is expected at another chair, on another day, or at another time."""
    lists = taken(
        tmp_path,
        f"{HEADER}\n"
        "2026-03-04,08:30,chair-1,P-0042,3\n"
        "2026-03-04,,chair-1,P-0107,1\n"
        "2026-03-05,09:00,chair-1,P-0042,4\n"
        "\n"
        "2026-03-04,10:15,chair-2,P-0042,3\n",
    )
    assert [(one.device_id, str(one.day), len(one.expected)) for one in lists] == [
        ("chair-1", "2026-03-04", 2),
        ("chair-1", "2026-03-05", 1),
        ("chair-2", "2026-03-04", 1),
    ]
    assert lists[0].expected == (
        Expected(patient_code="P-0042", visit_number=3, at=time(8, 30)),
        Expected(patient_code="P-0107", visit_number=1),
    )
    assert {(one.clinic_id, one.made_at) for one in lists} == {(CLINIC, NOW)}


@pytest.mark.parametrize(
    "text",
    [
        "day;at;device;patient_code;visit_number\n2026-03-04;08:30;chair-1;P-0042;3\n",
        "visit_number,patient_code,device,at,day\n3,P-0042,chair-1,08:30,2026-03-04\n",
        f"\ufeff{HEADER}\r\n2026-03-04, 08:30 ,chair-1,P-0042,3\r\n",
        f'{HEADER}\n"2026-03-04","08:30","chair-1","P-0042","3"',
        "Day,At,Device,Patient_Code,VISIT_NUMBER\n2026-03-04,08:30,chair-1,P-0042,3\n",
    ],
)
def test_a_file_is_taken_as_offices_write_it(tmp_path: Path, text: str) -> None:
    """Breaks when a spreadsheet's own CSV is refused, or its columns are mixed up."""
    (one,) = taken(tmp_path, text)
    assert one.expected == (Expected(patient_code="P-0042", visit_number=3, at=time(8, 30)),)


def test_a_line_of_day_and_device_alone_empties_the_list(tmp_path: Path) -> None:
    """Breaks when a clinic cannot say that nobody comes any more."""
    (one,) = taken(tmp_path, f"{HEADER}\n2026-03-04,,chair-1,,\n")
    assert (one.device_id, one.expected) == ("chair-1", ())


def test_days_that_are_over_are_passed_over(tmp_path: Path) -> None:
    """Breaks when the week's file cannot be given again on its third day."""
    (one,) = taken(tmp_path, f"{HEADER}\n2026-03-03,,chair-1,P-0042,3\n2026-03-04,,chair-1,P-0107,1\n")
    assert [each.patient_code for each in one.expected] == ["P-0107"]


@pytest.mark.parametrize("column", ["name", "birth_date", "phone", "diagnosis", "Jane Doe", "1985-03-04"])
def test_a_column_by_which_somebody_is_known_is_refused_by_its_place(tmp_path: Path, column: str) -> None:
    """Breaks when a name enters the system beside a code or comes back in the error, or nobody learns where it was."""
    with pytest.raises(FileRefused, match=r"Column 6 of the first line is not taken.*Take the column out") as refused:
        taken(tmp_path, f"{HEADER},{column}\n2026-03-04,,chair-1,P-0042,3,Jane Doe\n")
    assert f"'{column}'" not in str(refused.value)
    assert not any(name in str(refused.value) for name in ("Jane", "Doe", "1985"))
    with pytest.raises(FileRefused, match=r"Column 2 of the first line"):
        taken(tmp_path, f"day,{column},at,device,patient_code,visit_number\n")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "first line must name"),
        ("2026-03-04,08:30,chair-1,P-0042,3\n", "first line must name"),
        ("Jane,Doe,1985-03-04,P-0042,3\n", "first line must name"),
        ("day,at,device,patient_code\n", "first line must name"),
        (f"{HEADER},day\n", "first line must name"),
        (f"{HEADER},Day\n", "first line must name"),
        (f"{HEADER}\n2026-03-04,,chair-1,P-0042\n", "Line 2: it has 4 fields"),
        (f"{HEADER}\n2026-03-04,,chair-1,P-0042,3\n04.03.2026,,chair-1,P-0043,3\n", "Line 3: day"),
        (f"{HEADER}\n2026-02-30,,chair-1,P-0042,3\n", "Line 2: day"),
        (f"{HEADER}\n20260304,,chair-1,P-0042,3\n", "Line 2: day"),
        (f"{HEADER}\n2062-03-04,,chair-1,P-0042,3\n", "more than a year ahead"),
        (f"{HEADER}\n2026-03-04,8:30,chair-1,P-0042,3\n", "at is no time"),
        (f"{HEADER}\n2026-03-04,24:00,chair-1,P-0042,3\n", "at is no time"),
        (f"{HEADER}\n2026-03-04,,Chair 1,P-0042,3\n", "device is no device id"),
        (f"{HEADER}\n2026-03-04,,chair-1,Jane Doe,3\n", "patient_code is no patient code"),
        (f"{HEADER}\n2026-03-04,,chair-1,,3\n", "patient_code is no patient code"),
        (f"{HEADER}\n2026-03-04,,chair-1,P-0042,0\n", "visit_number"),
        (f"{HEADER}\n2026-03-04,,chair-1,P-0042,\u0663\n", "visit_number"),
        (f"{HEADER}\n2026-03-04,,chair-1,P-0042,3\n2026-03-04,09:00,chair-1,P-0042,3\n", "Line 3: this patient"),
        (f"{HEADER}\n2026-03-04,,chair-1,,\n2026-03-04,,chair-1,P-0042,3\n", "Line 2: it says that nobody"),
        (f'{HEADER}\n2026-03-04,,"chair-1,P-0042,3\n', "no line of a CSV file"),
        (HEADER.encode() + b"\n2026-03-04,,chair-1,M\xfcller,3\n", "no UTF-8"),
        (HEADER + "\n" * 1_000_001, "more than 1000000 bytes"),
        (
            f"{HEADER}\n" + "".join(f"2026-03-04,,chair-1,P-{n:04d},1\n" for n in range(MAX_EXPECTED + 1)),
            f"{MAX_EXPECTED} visits at most",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_without_its_words(
    tmp_path: Path, text: str | bytes, word: str
) -> None:
    """Breaks when a slip ends in a traceback, in half a list, or in a name on a screen or in a log."""
    with pytest.raises(FileRefused, match=word) as refused:
        taken(tmp_path, text)
    assert not any(name in str(refused.value) for name in ("Jane", "Doe", "1985", "ller"))


@settings(max_examples=60)
@given(text=st.text(max_size=80), rows=st.lists(st.text(max_size=40), max_size=4))
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str, rows: list[str]) -> None:
    """Breaks when some file ends in a traceback."""
    folder = tmp_path_factory.mktemp("file")
    for content in (text, "\n".join([HEADER, *rows]), f"{HEADER}\n2026-03-04,,chair-1,P-0042,{text}"):
        with suppress(FileRefused):
            assert all(one.day >= NOW.date() for one in taken(folder, content.encode("utf-8", "replace")))


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    """Return settings of a collector whose store is there."""
    path = tmp_path / "collector.toml"
    nowhere = tmp_path / "none"
    key = tmp_path / "key"
    key.touch(mode=0o600)
    files = f'certificate = "{nowhere}"\nkey = "{key}"\nauthority = "{nowhere}"\n'
    path.write_text(
        f'clinic_id = "{CLINIC}"\nstate_folder = "{tmp_path}"\n'
        f'[broker]\nhost = "127.0.0.1"\n{files}[pictures]\nhost = "127.0.0.1"\n{files}'
    )
    Store(tmp_path / "collector.sqlite3").close()
    return path


@pytest.fixture
def store(settings_file: Path, tmp_path: Path) -> Iterator[Store]:
    """Return the store of those settings."""
    assert settings_file.exists()
    with closing(Store(tmp_path / "collector.sqlite3")) as opened:
        yield opened


def expect(settings_file: Path, text: str) -> Result:
    """Run the command on a file."""
    path = settings_file.with_name("expected.csv")
    path.write_text(text)
    return CliRunner().invoke(main, ["expect", str(path), "--settings", str(settings_file)])


def test_a_later_file_takes_the_place_of_the_days_it_names(settings_file: Path, store: Store) -> None:
    """Breaks when a patient who was moved is expected twice, or a file of one chair empties another's list."""
    today = datetime.now().astimezone().date()
    tomorrow = today + timedelta(days=1)
    first = expect(
        settings_file, f"{HEADER}\n{today},,chair-1,P-0042,3\n{today},,chair-2,P-0107,1\n{tomorrow},,chair-1,P-0007,1\n"
    )
    assert first.exit_code == 0, first.output
    assert f"chair-1  {today}: 1 expected" in first.output
    second = expect(settings_file, f"{HEADER}\n{today},09:00,chair-1,P-0043,2\n")
    assert second.exit_code == 0, second.output
    lists = store.day_lists(today)
    assert [(one.device_id, one.expected[0].patient_code) for one in lists] == [
        ("chair-1", "P-0043"),
        ("chair-2", "P-0107"),
    ]
    assert [one.expected[0].patient_code for one in store.day_lists(tomorrow)] == ["P-0007"]


def test_a_file_with_a_fault_changes_nothing(settings_file: Path, store: Store) -> None:
    """Breaks when half of a file holds."""
    today = datetime.now().astimezone().date()
    expect(settings_file, f"{HEADER}\n{today},,chair-1,P-0042,3\n")
    before = store.day_lists(today)
    result = expect(settings_file, f"{HEADER}\n{today},,chair-1,P-0043,3\n{today},,chair-2,Jane Doe,3\n")
    assert result.exit_code == 2
    assert "Nothing of" in result.output
    assert "Line 3" in result.output
    assert "Jane" not in result.output
    assert store.day_lists(today) == before


def test_lists_of_days_that_are_over_are_forgotten(settings_file: Path, store: Store) -> None:
    """Breaks when a clinic's appointments pile up for ever where nobody needs them."""
    today = datetime.now().astimezone().date()
    yesterday = today - timedelta(days=1)
    old = DayList(clinic_id=CLINIC, device_id="chair-1", made_at=NOW, day=yesterday)
    store.keep_day_lists([old], yesterday)
    assert store.day_lists(yesterday) == [old]
    expect(settings_file, f"{HEADER}\n{today},,chair-1,P-0042,3\n")
    assert store.day_lists(yesterday) == []


def test_a_chair_that_nobody_has_heard_of_is_named(settings_file: Path, store: Store) -> None:
    """Breaks when a slip in a chair's name leaves its technician without a list and nobody learns why."""
    today = datetime.now().astimezone().date()
    store.store_batch([status()], NOW)
    result = expect(settings_file, f"{HEADER}\n{today},,chair-1,P-0042,3\n{today},,chiar-2,P-0107,1\n")
    assert result.exit_code == 0
    assert "Nothing was heard of chiar-2 yet" in result.output
    assert "heard of chair-1" not in result.output


@pytest.mark.parametrize("missing", ["expected.csv", "collector.toml", "collector.sqlite3"])
def test_a_file_that_is_not_there_is_named(settings_file: Path, missing: str) -> None:
    """Breaks when a slip in a path ends in a traceback, or makes a store where none was."""
    path = settings_file.with_name("expected.csv")
    path.write_text(f"{HEADER}\n")
    settings_file.with_name(missing).unlink()
    result = CliRunner().invoke(main, ["expect", str(path), "--settings", str(settings_file)])
    assert result.exit_code == 2, result.output
    assert missing in result.output
    assert not settings_file.with_name(missing).exists()

"""The visit at the command line: sites, slips, ratings, and what is missing."""

import sys
from pathlib import Path

import click
import pytest

from contract import PROTOCOL, Capture, Quality, Verdict, Visit
from device.camera import Aim
from device.instrument import Instrument
from device.sites import last_record
from device.store import Store
from tests.device.test_commands import settings_file, trichoscope
from tests.examples import PICTURE_BYTES, capture

TABLES = '[visits]\nprotocol = ["vertex", "occipital", "g120-l35"]\n\n[pictures]'


def recorded(folder: Path, visit_number: int = 1) -> Visit | None:
    """Return the last record of a visit."""
    store = Store(folder / "state")
    try:
        return last_record(store, "P-0042", visit_number)
    finally:
        store.close()


def taken(folder: Path, visit_number: int) -> list[str]:
    """Return the sites of a visit's captures."""
    store = Store(folder / "state")
    try:
        return [capture.site for capture in store.visit("P-0042", visit_number)]
    finally:
        store.close()


def test_a_visit_leaves_its_record(tmp_path: Path) -> None:
    """Breaks when the clinic does not learn what was taken, left out and rated, or the chair what is missing."""
    file = settings_file(tmp_path, ("[pictures]", TABLES))
    options = ("--rating", "norwood-hamilton=iiiv", "--rating", "sinclair=2", "--rater", "mk", "--no-wait")
    result = trichoscope(
        "visit", "P-0042", "--visit", 1, "--skip", "occipital=A dressing.", *options, "--settings", file
    )
    assert result.exit_code == 0, result.stderr
    visit = recorded(tmp_path)
    assert visit is not None
    assert (visit.protocol, visit.taken) == (("vertex", "occipital", "g120-l35"), ("vertex", "g120-l35"))
    assert [(skip.site, skip.reason) for skip in visit.skipped] == [("occipital", "A dressing.")]
    assert [(rating.grade, rating.rater) for rating in visit.ratings] == [("IIIv", "mk"), ("2", "mk")]
    assert "120 mm behind the glabella, 35 mm to the patient's left: " in result.stdout
    assert "Left out: occipital (donor control) - A dressing." in result.stdout
    assert "Missing" not in result.stdout


def test_what_is_missing_is_said_without_a_camera(tmp_path: Path) -> None:
    """Breaks when asking what is missing takes a picture, or sends a message."""
    result = trichoscope("visit", "P-0042", "--visit", 1, "--record-only", "--settings", settings_file(tmp_path))
    assert result.exit_code == 0, result.stderr
    assert result.stdout.count("Missing: ") == len(PROTOCOL)
    assert recorded(tmp_path) is None
    assert taken(tmp_path, 1) == []


def test_the_other_side_is_not_taken_by_a_slip(tmp_path: Path) -> None:
    """Breaks when a right-sided picture enters a left-sided series' patient without a word."""
    file = settings_file(tmp_path)

    def visit(number: int, *options: str) -> tuple[int, str]:
        result = trichoscope("visit", "P-0042", "--visit", number, *options, "--no-wait", "--settings", file)
        return result.exit_code, result.stderr

    assert visit(1, "--site", "g120-l35")[0] == 0
    code, said = visit(2, "--site", "g120-r35")
    assert code == 2
    assert "mirror image" in said
    assert taken(tmp_path, 2) == []
    assert visit(2, "--site", "g120-r35", "--new-site")[0] == 0
    assert visit(2, "--site", "g120-r35")[0] == 0  # known now
    assert taken(tmp_path, 2) == ["g120-r35"] * 2


def test_a_released_capture_is_added_to_the_record(tmp_path: Path) -> None:
    """Breaks when the clinic holds a picture of a site that the visit's record calls missing."""
    file = settings_file(tmp_path)
    refused = capture(site="vertex", quality=Quality(verdict=Verdict.REFUSE, reasons=("Blurred.",)))
    store = Store(tmp_path / "state")
    store.keep(
        refused.picture, PICTURE_BYTES, lambda number: refused.model_copy(update={"sequence": number}), held=True
    )
    store.close()
    before = trichoscope("visit", "P-0042", "--visit", 1, "--record-only", "--settings", file)
    assert "Missing: vertex - taken, but refused by the gate" in before.stdout
    options = ("--by", "mk", "--note", "It must do.", "--settings", file)
    assert trichoscope("release", str(refused.message_id), *options).exit_code == 0
    visit = recorded(tmp_path)
    assert visit is not None
    assert visit.taken == ("vertex",)


def test_a_visit_that_is_broken_off_is_recorded_as_far_as_it_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a patient who leaves in the middle leaves pictures without a visit."""
    command = sys.modules["device.commands.visit"]
    take = command.take

    def take_one(instrument: Instrument, aim: Aim) -> Capture:
        if aim.site == PROTOCOL[1]:
            raise click.Abort
        kept: Capture = take(instrument, aim)
        return kept

    monkeypatch.setattr(command, "take", take_one)
    result = trichoscope("visit", "P-0042", "--visit", 1, "--no-wait", "--settings", settings_file(tmp_path))
    assert result.exit_code == 1
    assert "Missing: vertex." in result.stdout
    visit = recorded(tmp_path)
    assert visit is not None
    assert visit.taken == (PROTOCOL[0],)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--site", "crown"], "a site is one of frontal"),
        (["--site", "g120-l0"], "a site is one of frontal"),
        (["--site", "g999-m0"], "30 to 420 mm"),
        (["--skip", "vertex"], "with a reason"),
        (["--skip", "vertex= "], "with a reason"),
        (["--skip", "g120-l35=Why not."], "not in the protocol"),
        (["--skip", "vertex=Why not.", "--site", "vertex"], "taken and left out"),
        (["--rating", "sinclair=3"], "--rater"),
        (["--rating", "sinclair=9", "--rater", "mk"], "one of 1, 2, 3, 4, 5"),
        (["--rating", "sinclair=3", "--rater", "Dr. Jane Doe"], "such as mk"),
        (["--arm", "A"], "blind"),
        (["--arm", "the verum group of all"], "up to 16"),
    ],
)
def test_a_slip_is_one_sentence_and_nothing_is_kept(tmp_path: Path, options: list[str], said: str) -> None:
    """Breaks when a slip of the keyboard is recorded, or ends in a traceback."""
    result = trichoscope("visit", "P-0042", "--visit", 1, *options, "--no-wait", "--settings", settings_file(tmp_path))
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("Error: ") == 1
    assert not (tmp_path / "state").exists()


def test_the_arm_is_recorded_where_the_clinic_says_so(tmp_path: Path) -> None:
    """Breaks when an open study cannot be recorded."""
    file = settings_file(tmp_path, ("[pictures]", "[visits]\narm = true\n\n[pictures]"))
    result = trichoscope("visit", "P-0042", "--visit", 1, "--record-only", "--arm", "A", "--settings", file)
    assert result.exit_code == 0, result.stderr
    visit = recorded(tmp_path)
    assert visit is not None
    assert visit.treatment_arm == "A"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('[visits]\nprotocol = ["vertex"]', "add 'occipital': it is the donor control"),
        ("[visits]\nprotocol = []", "add 'occipital'"),
        ('[visits]\nprotocol = ["occipital", "vertex", "vertex"]', "named twice"),
        ('[visits]\nprotocol = ["occipital", "crown"]', "a site is one of frontal"),
        ('[patients]\npattern = "[A-Z]{4}-[0-9]{4}"', "such as P-[0-9]{4}"),
        ('[patients]\npattern = "P-[0-9]{1}"', "2 to 10 digits"),
        ('[patients]\ncheck_digit = "luhn"', "damm"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, table: str, said: str) -> None:
    """Breaks when visits run without their donor control, or codes without bounds, by a setting."""
    file = settings_file(tmp_path, ("[pictures]", f"{table}\n\n[pictures]"))
    result = trichoscope("visit", "P-0042", "--visit", 1, "--settings", file)
    assert result.exit_code == 2
    assert f"{table.partition(chr(10))[0].strip('[]')}." in result.stderr
    assert said in result.stderr


def test_codes_are_made_and_checked(tmp_path: Path) -> None:
    """Breaks when the clinic's own codes are refused, or a code with a slip passes."""
    file = settings_file(tmp_path, ("[pictures]", '[patients]\ncheck_digit = "damm"\n\n[pictures]'))
    made = trichoscope("code", "digit", "P-572", "--settings", file)
    assert (made.exit_code, made.stdout) == (0, "P-5724\n")
    assert trichoscope("code", "check", "P-5724", "--settings", file).exit_code == 0
    slip = trichoscope("code", "check", "P-5742", "--settings", file)
    assert (slip.exit_code, slip.stdout) == (2, "")
    assert "does not fit" in slip.stderr
    visit = trichoscope("visit", "P-5742", "--visit", 1, "--record-only", "--settings", file)
    assert visit.exit_code == 2
    assert "does not fit" in visit.stderr

"""What stands for ever in other systems: codes and identifiers; and what an element may hold."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from collector.exports import codes
from collector.exports.dicom import concepts, identifiers
from collector.exports.dicom.values import long_string, moment
from contract import Side, side_of


def test_no_code_of_the_system_means_two_things() -> None:
    """Breaks when a code that only DICOM needs is one that tables or FHIR use for something else."""
    coded = [
        *((one.code, one.display) for one in (*codes.FIGURES.values(), *codes.UNIT_SIZES)),
        *((one.code, one.display) for one in (*codes.CONCEPTS, *concepts.CONCEPTS)),
        *((one.code, one.display) for one in concepts.CHANGES.values()),
        *((site.local, site.display) for site in codes.SITES.values()),
    ]
    assert len({code for code, _ in coded}) == len(coded)
    assert all(0 < len(code) <= codes.MAX_CODE and 0 < len(words) <= concepts.MAX_MEANING for code, words in coded)


def test_every_unit_has_words() -> None:
    """Breaks when a unit's meaning is its code, which PS3.16 forbids for unity and nobody reads for the rest."""
    used = {one.ucum for one in (*codes.FIGURES.values(), *codes.UNIT_SIZES, *concepts.CHANGES.values())}
    assert {ucum for ucum in used if concepts.unit(ucum).meaning == ucum} == set()
    assert concepts.unit("{hairs}").meaning == "hairs"


def test_identifiers_never_change() -> None:
    """Breaks when a later release would give a PACS a second study, site or device for each that it knows."""
    assert identifiers.study("riverside", "P-0042", 1) == "2.25.218461046866883451328656580847208550618"
    assert identifiers.site("riverside", "P-0042", "frontal") == "2.25.59065204411340434257552067870786559716"
    assert identifiers.device("riverside", "chair-1") == "2.25.219659606776433340525563495256801347682"
    assert identifiers.of_uuid(UUID(int=2**128 - 1)) == f"2.25.{2**128 - 1}"


@pytest.mark.parametrize("site", ["temporal-left", "g120-l35", "temporal-right", "g120-r35", "vertex", "g90-m0"])
def test_the_side_is_the_patients(site: str) -> None:
    """Breaks when left and right are swapped, or the midline is given a side."""
    expected = {Side.LEFT: "7771000", Side.RIGHT: "24028007", Side.MIDLINE: None}[side_of(site)]
    side = concepts.laterality(site)
    assert (side and side.value) == expected


def test_text_ends_no_value_and_begins_no_other() -> None:
    """Breaks when a backslash or a line's end in a version makes two values of one, or hides what follows."""
    assert long_string(" a\\b\nc\x00 ") == "a/b c"
    assert len(long_string("x" * 100)) == 64


@pytest.mark.parametrize(
    ("zone", "written"),
    [
        (UTC, "20260304093000.000000+0000"),
        (ZoneInfo("America/St_Johns"), "20260304060000.000000-0330"),
        (timezone(timedelta(hours=-13)), "20260304093000.000000+0000"),
        (timezone(timedelta(hours=1, seconds=28)), "20260304093000.000000+0000"),
    ],
)
def test_a_time_has_the_offset_of_its_zone(zone: tzinfo, written: str) -> None:
    """Breaks when a picture's hour is told without the offset that makes it one, or with one that DICOM lacks."""
    assert moment(datetime(2026, 3, 4, 9, 30, tzinfo=UTC), zone).date_time == written

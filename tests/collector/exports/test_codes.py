"""The one list of codes: whole, stable, and in units that UCUM knows."""

import re

import pytest

from collector.exports.codes import (
    CONCEPTS,
    DICOM_SCHEME,
    FIGURES,
    MAX_CODE,
    SCALP_SKIN,
    SITES,
    SYSTEM_OID,
    SYSTEM_URL,
    UNIT_SIZES,
    coded_figures,
    site_code,
)
from contract import Interval, Measurement, Site
from tests.collector.exports.ucum import is_ucum
from tests.examples import full_measurement, measurement

_ALL_FIGURES = (*FIGURES.values(), *UNIT_SIZES)


def test_every_figure_of_the_contract_has_a_code() -> None:
    """Breaks when the contract gains a figure that other systems are not told of."""
    of_contract = {name for name, field in Measurement.model_fields.items() if "Interval" in str(field.annotation)}
    assert {*FIGURES, "unit_size_shares"} == of_contract


def test_a_code_is_used_once_and_fits_dicom() -> None:
    """Breaks when two figures share a code, or a code is cut in a DICOM Code Value."""
    codes = [one.code for one in _ALL_FIGURES] + [one.code for one in CONCEPTS] + [one.local for one in SITES.values()]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z0-9-]+", code) and len(code) <= MAX_CODE for code in codes)
    assert len(DICOM_SCHEME) <= 16
    assert DICOM_SCHEME.startswith("99")
    assert re.fullmatch(r"2\.25\.[1-9][0-9]*", SYSTEM_OID)
    assert len(SYSTEM_OID) <= 64
    assert f"urn:oid:{SYSTEM_OID}" == SYSTEM_URL


def test_codes_that_were_sent_stay_as_they_are() -> None:
    """Breaks when a code or unit that stands in other systems' archives is changed: add one, never alter one."""
    assert {one.code: one.ucum for one in _ALL_FIGURES} == {
        "hair-density": "{hairs}/cm2",
        "terminal-density": "{hairs}/cm2",
        "vellus-density": "{hairs}/cm2",
        "terminal-share": "%",
        "thin-hair-share": "%",
        "diameter-mean": "um",
        "diameter-sd": "um",
        "diam-diversity": "%",
        "cumul-thickness": "mm/cm2",
        "length-mean": "mm",
        "shaft-lightness": "1",
        "shaft-contrast": "1",
        "unit-density": "{FU}/cm2",
        "hairs-per-unit": "{hairs}/{FU}",
        "units-of-1": "%",
        "units-of-2": "%",
        "units-of-3": "%",
        "units-of-4-more": "%",
    }
    assert SYSTEM_OID == "2.25.75467939514687881599771369725966177396"


@pytest.mark.parametrize("code", [*sorted({one.ucum for one in _ALL_FIGURES}), "mm/d", "um/{px}", "By", "deg", "cm2"])
def test_units_are_ucum(code: str) -> None:
    """Breaks when a figure gets a unit that UCUM does not know, or the check refuses one that it does."""
    assert is_ucum(code)


@pytest.mark.parametrize(
    "nonsense",
    ["hairs/cm2", "px", "um/px", "\u00b5m", "\u03bcm", "UM", "cm^2", "cm\u00b2", "", "{hairs", "{a b}", "um/", "L*"],
)
def test_what_is_no_unit_is_refused(nonsense: str) -> None:
    """Breaks when the check would let a unit pass that no UCUM reader takes."""
    assert not is_ucum(nonsense)


def test_figures_come_in_the_unit_of_their_code() -> None:
    """Breaks when a share is sent as 0 to 1 with the unit %, or as a binary fraction's neighbour."""
    coded = {code.code: figure for code, figure in coded_figures(full_measurement())}
    assert len(coded) == len(_ALL_FIGURES)
    assert coded["units-of-3"] == Interval(value=7.0, low=3.5, high=17.0)
    assert coded["hair-density"] == Interval(value=1.2, low=0.0, high=6.7)
    assert {code.code for code, _ in coded_figures(measurement())} == {"hair-density", "diameter-mean"}


def test_every_site_has_a_structure_and_a_code_of_its_own() -> None:
    """Breaks when a site is sent as another place, or a place without a SNOMED code as none."""
    assert set(SITES) == set(Site)
    assert {site: SITES[site].structure[0] for site in Site} == {
        Site.FRONTAL: "699900002",
        Site.MID_SCALP: SCALP_SKIN[0],
        Site.VERTEX: "61719002",
        Site.OCCIPITAL: "79951008",
        Site.TEMPORAL_LEFT: "16621002",
        Site.TEMPORAL_RIGHT: "16621002",
    }
    assert SITES[Site.MID_SCALP].snomed is None
    landmark = site_code("g120-l35")
    assert (landmark.snomed, landmark.structure, landmark.local) == (None, SCALP_SKIN, "g120-l35")
    assert "35 mm to the patient's left" in landmark.display
    assert site_code("vertex") is SITES[Site.VERTEX]
    with pytest.raises(ValueError, match="a site is one of"):
        site_code("crown")

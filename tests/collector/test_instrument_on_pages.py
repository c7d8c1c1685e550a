"""The page on the instrument: what the gate saw, which calibration, what changed within a series."""

from datetime import timedelta
from typing import Literal

import pytest

from analysis import measure
from collector.page import words
from contract import (
    Calibration,
    Check,
    Forced,
    Quality,
    Repeatability,
    Verdict,
    new_message_id,
)
from device.quality import CalibrationState, judge
from phantom import Optics, ScalpSettings, grow, photograph
from tests.collector.examples import NOW
from tests.collector.page_clinic import Clinic, text_of
from tests.examples import capture


def test_another_instrument_within_a_series_is_said(clinic: Clinic) -> None:
    """Breaks when a swapped lens or a new calibration passes for a change of the patient's hair."""
    first = capture(visit_number=1, lens="lens 7")
    same = capture(visit_number=2, lens="lens 7", taken_at=NOW + timedelta(days=90))
    swapped = capture(visit_number=3, lens="lens 8", device_id="chair-2", taken_at=NOW + timedelta(days=180))
    clinic.holds(first, same, swapped)
    sentence = "Since the site&#39;s last capture, another device and lens."
    assert clinic.page("/patients/P-0042").count(sentence) == 1
    assert sentence in clinic.page(f"/captures/{swapped.message_id}")
    for unchanged in (first, same):
        assert "Since the site" not in clinic.page(f"/captures/{unchanged.message_id}")


def test_what_the_gate_looked_at_is_shown_with_its_values(clinic: Clinic) -> None:
    """Breaks when a clinician cannot see why a picture was doubted, or that a person overruled the gate."""
    checks = (
        Check(name="sharpness", value=41.27, unit="um", warn_at=30.0, refuse_at=40.0, verdict=Verdict.REFUSE),
        Check(name="tilt", value=None, unit="deg", verdict=Verdict.PASS),
        Check(name="of-a-later-release", value=3.0, unit="%", verdict=Verdict.PASS),
    )
    forced = Forced(by="tech-3", note="The patient cannot come again.", at=NOW)
    shown = capture(quality=Quality(verdict=Verdict.REFUSE, reasons=("Out of focus.",), checks=checks, forced=forced))
    clinic.holds(shown)
    text = text_of(clinic.page(f"/captures/{shown.message_id}"))
    assert "Edge width 41.3 µm Not usable" in text
    assert "Tilt not seen Good picture" in text
    assert "Of a later release 3 % Good picture" in text
    assert "Kept all the same by tech-3" in text
    assert "The patient cannot come again." in text


def test_the_calibration_behind_a_capture_is_named(clinic: Clinic) -> None:
    """Breaks when a figure cannot be traced to the target that its square centimetre came from."""
    record = new_message_id()
    shown = capture(
        calibration=Calibration(
            um_per_px=5.301,
            standard_uncertainty_um_per_px=0.002,
            source="target",
            record_id=record,
            made_at=NOW,
            certificate_id="DG-0815",
            due="The check on the target is two days late.",
        ),
        light="cross",
        repeatability=Repeatability(
            stills=3, hair_density_sd_per_cm2=1.24, mean_diameter_sd_um=0.41, noise_share=0.005
        ),
    )
    clinic.holds(shown)
    text = text_of(clinic.page(f"/captures/{shown.message_id}"))
    for part in (str(record), "DG-0815", "5.301 ± 0.002", "two days late", "cross-polarised", "3 stills", "0.4 µm"):
        assert part in text


@pytest.mark.parametrize("hair", ["clipped", "long"])
def test_words_are_known_for_all_that_the_gate_looks_at(hair: Literal["clipped", "long"]) -> None:
    """Breaks when the gate learns to look at something and the page shows its bare name."""
    taken = photograph(grow(ScalpSettings(size_mm=(3.4, 2.6)), seed=2), Optics(um_per_px=5.3, size_px=(640, 480)))
    judged = judge(
        taken.picture,
        5.3,
        measurement=measure(taken.picture, 5.3),
        calibration_state=CalibrationState.DUE,
        mark_expected=True,
        hair=hair,
        tilt_deg=1.0,
    )
    assert len(judged.checks) > 10
    assert {check.name for check in judged.checks} <= set(words.CHECKS)

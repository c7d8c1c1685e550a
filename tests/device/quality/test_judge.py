"""The gate as a whole: a good picture passes; a fault is named, with its size; a gross one is refused."""

from typing import Any

import cv2
import numpy as np
import pytest

from analysis import Measurement, measure
from analysis.optics import Optics as KnownOptics
from contract import Quality, Verdict
from device.quality import CalibrationState, judge
from device.quality.place_checks import scale_check
from phantom import Depth, Light, Motion, Optics, Pose, ScalpSettings, clump, grow, lay_over, photograph
from tests.device.quality.drawn import BLUR_UM_PER_MM, SIZE_PX, UM_PER_PX, named, photo, picture, value_of

SCALP = grow(ScalpSettings(size_mm=(5.0, 4.0), hair_density_per_cm2=140.0), 6)
SEEN = Optics(um_per_px=UM_PER_PX, size_px=SIZE_PX)


def _judged(**what: Any) -> Quality:  # noqa: ANN401 (those of `photo`)
    return judge(picture(**what), UM_PER_PX)


@pytest.mark.parametrize(
    ("skin_type", "density"), [("I", 60.0), ("I", 200.0), ("III", 200.0), ("V", 60.0), ("V", 200.0)]
)
def test_a_good_picture_passes(skin_type: str, density: float) -> None:
    """Breaks when the gate sends a technician back for nothing."""
    taken = picture(skin_type=skin_type, hair_density_per_cm2=density)
    quality = judge(taken, UM_PER_PX, measurement=measure(taken, UM_PER_PX), hair="clipped")
    assert (quality.verdict, quality.reasons) == (Verdict.PASS, ())


@pytest.mark.parametrize(
    ("fault", "name", "reason"),
    [
        ({"optics": {"blur_sigma_px": 4.0}}, "sharpness", "Out of focus"),
        ({"motion": Motion.straight(60.0, 20.0)}, "motion", "The picture moved"),
        ({"light": Light(level=0.05)}, "dark", "Too dark"),
        ({"light": Light(level=4.0)}, "bright", "Too bright"),
        ({"light": Light(wet=0.3)}, "glare", "Glare covers"),
        ({"bubbles_per_cm2": 60.0}, "bubbles", "Bubbles cover"),
        ({"optics": {"field_mm": 3.2}}, "area", "Only 0.0"),
    ],
)
def test_a_gross_fault_is_refused_with_its_reason(fault: dict[str, Any], name: str, reason: str) -> None:
    """Breaks when a picture that cannot be measured goes through without a word."""
    quality = _judged(**fault)
    assert quality.verdict is Verdict.REFUSE
    assert named(quality, name).verdict is Verdict.REFUSE
    assert any(sentence.startswith(reason) for sentence in quality.reasons)


@pytest.mark.parametrize(
    ("fault", "name", "reason"),
    [
        ({"motion": Motion.straight(48.0, 20.0)}, "motion", "The picture moved"),
        ({"pose": Pose(tilt_deg=(0.0, 12.0)), "depth": Depth(BLUR_UM_PER_MM)}, "tilt", "Tilted by"),
        ({"light": Light(level=0.09)}, "dark", "Too dark"),
    ],
)
def test_a_slight_fault_that_may_cost_hairs_is_refused_too(fault: dict[str, Any], name: str, reason: str) -> None:
    """Breaks when a limit lies where thin hairs already drop out, while pictures without the fault read far below."""
    quality = judge(picture(**fault), UM_PER_PX, blur_um_per_mm=BLUR_UM_PER_MM)
    assert named(quality, name).verdict is Verdict.REFUSE
    assert any(sentence.startswith(reason) for sentence in quality.reasons)


def test_a_good_picture_lies_far_below_the_limits() -> None:
    """Breaks when a limit is drawn so near to good pictures that chance decides."""
    quality = judge(picture(depth=Depth(BLUR_UM_PER_MM)), UM_PER_PX, blur_um_per_mm=BLUR_UM_PER_MM)
    for name in ("motion", "tilt", "dark", "fall-off"):
        limit = named(quality, name).warn_at
        assert limit is not None
        assert value_of(quality, name) < 0.6 * limit


def test_a_black_picture_is_refused_not_raised_over() -> None:
    """Breaks when a dead lamp ends the visit with a trace instead of a sentence."""
    quality = judge(np.zeros((566, 754, 3), np.uint8), UM_PER_PX)
    assert quality.verdict is Verdict.REFUSE
    assert "black" in quality.reasons[0]


def test_the_worst_reasons_come_first() -> None:
    """Breaks when the sentence that matters stands below one that does not."""
    quality = judge(picture(light=Light(wet=0.4)), UM_PER_PX, calibration_state=CalibrationState.DUE)
    assert quality.reasons[0].startswith("Glare covers")
    assert quality.reasons[-1].startswith("The calibration is due")


def test_every_check_says_something_and_keeps_to_its_limits() -> None:
    """Breaks when a check is mute, or its verdict and its limits contradict one another."""
    for fault in ({}, {"optics": {"blur_sigma_px": 4.0}}, {"light": Light(wet=0.4)}, {"optics": {"field_mm": 3.2}}):
        for check in _judged(**fault).checks:
            assert check.sentence
            if check.value is None or check.warn_at is None or check.refuse_at is None:
                continue
            worse = 1 if check.refuse_at >= check.warn_at else -1
            assert (check.verdict is Verdict.REFUSE) == (worse * check.value > worse * check.refuse_at)
            assert (check.verdict is Verdict.PASS) == (worse * check.value <= worse * check.warn_at)


def test_the_verdict_does_not_hang_on_the_sensor_s_resolution() -> None:
    """Breaks when the same optics on a finer sensor are judged out of focus."""
    coarse = picture()
    fine = cv2.resize(coarse, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    finely, coarsely = judge(np.asarray(fine, np.uint8), UM_PER_PX / 2), judge(coarse, UM_PER_PX)
    assert finely.verdict is coarsely.verdict is Verdict.PASS
    assert value_of(finely, "sharpness") == pytest.approx(value_of(coarsely, "sharpness"), rel=0.05)


def test_a_grey_picture_is_judged_too() -> None:
    """Breaks when a monochrome sensor cannot be used."""
    assert judge(picture()[..., 1].copy(), UM_PER_PX).verdict is Verdict.PASS


def test_bald_skin_is_not_sent_back_as_blurred() -> None:
    """Breaks when skin, whose edges are softer than a hair's, is taken for a picture out of focus."""
    taken = picture(hair_density_per_cm2=0.0)
    quality = judge(taken, UM_PER_PX, measurement=measure(taken, UM_PER_PX))
    assert (quality.verdict, quality.reasons) == (Verdict.PASS, ())


def test_a_picture_too_blurred_to_show_its_hairs_is_refused() -> None:
    """Breaks when hair that nobody can see any more passes for bald skin."""
    taken = picture(optics={"blur_sigma_px": 16.0}, hair_density_per_cm2=150.0)
    measurement = measure(taken, UM_PER_PX)
    assert not measurement.hairs
    assert judge(taken, UM_PER_PX, measurement=measurement).verdict is Verdict.REFUSE


def test_soft_optics_move_the_warning_and_not_the_refusal() -> None:
    """Breaks when calibrated optics warn at every picture, or a soft instrument excuses pictures that lose hairs."""
    sharp = named(judge(picture(), KnownOptics(UM_PER_PX, blur_sigma_px=0.9)), "sharpness")
    soft = named(judge(picture(), KnownOptics(UM_PER_PX, blur_sigma_px=1.5)), "sharpness")
    assert (sharp.warn_at, sharp.refuse_at, soft.refuse_at) == (28.0, 34.0, 34.0)
    assert soft.warn_at == pytest.approx(1.4 * 1.5 * UM_PER_PX * 2.5631)


def test_tilt_is_said_only_where_the_lens_is_known() -> None:
    """Breaks when a tilt is made up, or one that the picture shows is kept back."""
    tilted = picture(pose=Pose(tilt_deg=(0.0, 18.0)), depth=Depth(BLUR_UM_PER_MM))
    assert named(judge(tilted, UM_PER_PX), "tilt").value is None
    told = named(judge(tilted, UM_PER_PX, blur_um_per_mm=BLUR_UM_PER_MM), "tilt")
    assert told.value == pytest.approx(18.0, abs=3.0)
    assert told.verdict is Verdict.REFUSE
    assert named(judge(tilted, UM_PER_PX, tilt_deg=1.0), "tilt").value == 1.0


@pytest.mark.parametrize(("hair", "verdict"), [("clipped", Verdict.REFUSE), (None, Verdict.WARN)])
def test_long_hair_over_the_field_is_told(hair: Any, verdict: Verdict) -> None:  # noqa: ANN401 (a literal)
    """Breaks when hair that hangs in from beside is measured as if it grew there."""
    quality = judge(photograph(lay_over(SCALP, 14, seed=1), SEEN, seed=6).picture, UM_PER_PX, hair=hair)
    assert named(quality, "long-hair").verdict is verdict


def test_clumped_hair_is_told_by_its_disorder() -> None:
    """Breaks when wet hair, whose shafts hide one another, passes."""
    wet, dry = (photograph(s, SEEN, seed=6).picture for s in (clump(SCALP, 1.0, seed=3), SCALP))
    wetly, drily = (judge(p, UM_PER_PX, measurement=measure(p, UM_PER_PX)) for p in (wet, dry))
    assert named(wetly, "hair-order").verdict is Verdict.REFUSE
    assert named(drily, "hair-order").verdict is Verdict.PASS


def test_hairs_along_bubbles_are_in_doubt() -> None:
    """Breaks when the rims of bubbles count as hairs and nobody hears of it."""
    taken = picture(bubbles_per_cm2=80.0, hair_density_per_cm2=100.0)
    doubted = judge(taken, UM_PER_PX, measurement=measure(taken, UM_PER_PX))
    assert value_of(doubted, "hairs-in-doubt") > 7.0


def test_the_lost_area_weighs_by_the_hairs_that_are_left() -> None:
    """Breaks when a dense frame, which can spare a corner, is refused like a sparse one."""
    taken = photo(optics={"field_mm": 4.6}, hair_density_per_cm2=180.0)
    measurement: Measurement = measure(taken.picture, UM_PER_PX)
    area = named(judge(taken.picture, UM_PER_PX, measurement=measurement), "area")
    assert area.value is not None
    assert area.value == pytest.approx(measurement.area_cm2, rel=0.02)
    assert area.refuse_at is not None
    assert area.warn_at is not None
    assert area.refuse_at < area.warn_at < 0.12


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        (None, Verdict.PASS),
        (CalibrationState.IN_DATE, Verdict.PASS),
        (CalibrationState.DUE, Verdict.WARN),
        (CalibrationState.NONE, Verdict.WARN),
    ],
)
def test_a_scale_that_is_not_in_date_is_said(state: CalibrationState | None, verdict: Verdict) -> None:
    """Breaks when a density on an old scale looks like any other."""
    assert scale_check(state).verdict is verdict


def test_linear_light_reads_the_same_blur() -> None:
    """Breaks when the calibrated picture's coding is taken for blur."""
    known = KnownOptics(UM_PER_PX, blur_sigma_px=0.9, linear_light=True)
    assert judge(picture(), known).verdict is Verdict.PASS

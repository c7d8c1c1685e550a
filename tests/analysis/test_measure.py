"""The chain: one scalp, one measurement, however it was handed over."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest

from analysis import Flag, Measurement, PictureUnusable, chain, classical, draw_overlay, learned, measure
from analysis import Optics as KnownOptics
from analysis.shafts import Shafts, measure_shafts
from phantom import Optics, ScalpSettings, grow, photograph
from tests.analysis.drawn import UM_PER_PX, Picture, add_shaft, add_streak, developed, lone_shaft, skin

SHAFTS = [
    ((120, 110), (150, 240), 70),
    ((260, 100), (290, 235), 70),
    ((285, 95), (325, 220), 60),
    ((150, 300), (180, 430), 75),
    ((330, 290), (350, 420), 35),
    ((440, 160), (480, 290), 65),
]


@cache
def scalp() -> Picture:
    """Six shafts, two of one unit and one vellus, with the streaks of their roots, on textured skin."""
    fine = skin(560, 520)
    for root, tip, width_um in SHAFTS:
        course = np.subtract(tip, root) / np.hypot(*np.subtract(tip, root))
        add_streak(fine, root, tuple(root - 22 * course), width_um)
    for root, tip, width_um in SHAFTS:
        add_shaft(fine, root, tip, width_um)
    picture = developed(fine).astype(float)
    picture += np.random.default_rng(11).normal(0, 2, picture.shape[:2])[..., None]
    return np.asarray(np.rint(np.clip(picture, 0, 255)), np.uint8)


def measured(picture: np.ndarray, **options: object) -> Measurement:
    """Measure at the scale and blur it was drawn with."""
    return measure(picture, KnownOptics(UM_PER_PX, blur_sigma_px=1.0), **options)  # type: ignore[arg-type]


def as_bytes(measurement: Measurement) -> str:
    """Everything that is delivered of a measurement."""
    return json.dumps(measurement.as_dict(), allow_nan=False)


def test_every_shaft_is_found_with_its_root_length_and_diameter() -> None:
    """The chain as a whole must give back what was drawn."""
    result = measured(scalp())
    assert len(result.hairs) == len(SHAFTS)
    for root, tip, width_um in SHAFTS:
        hair = min(result.hairs, key=lambda h: float(np.hypot(*np.subtract(h.root_px, root))))
        assert np.hypot(*np.subtract(hair.root_px, root)) < 10
        assert np.hypot(*np.subtract(hair.tip_px, tip)) < 6
        assert hair.length_mm == pytest.approx(np.hypot(*np.subtract(tip, root)) * UM_PER_PX / 1000, abs=0.05)
        assert hair.diameter_um == pytest.approx(width_um, abs=3.0)
        assert hair.kind == ("terminal" if width_um >= 40 else "vellus")
        assert np.array_equal(hair.centreline_px[0], hair.root_px)
        assert np.array_equal(hair.centreline_px[-1], hair.tip_px)


def test_the_figures_follow_from_the_hairs() -> None:
    """A figure that disagrees with the list below it would not be believed."""
    result = measured(scalp())
    diameters = [hair.diameter_um for hair in result.hairs if hair.diameter_um is not None]
    x0, y0, x1, y1 = result.frame_px
    assert result.area_cm2 == pytest.approx((x1 - x0) * (y1 - y0) * (UM_PER_PX * 1e-4) ** 2)
    assert result.hair_density_per_cm2.value == pytest.approx(6 / result.area_cm2)
    assert result.terminal_density_per_cm2.value == pytest.approx(5 / result.area_cm2)
    assert result.vellus_density_per_cm2.value == pytest.approx(1 / result.area_cm2)
    assert result.unit_density_per_cm2.value == pytest.approx(5 / result.area_cm2)
    assert result.mean_diameter_um is not None
    assert result.mean_diameter_um.value == pytest.approx(np.mean(diameters))
    assert result.terminal_share is not None
    assert result.terminal_share.value == pytest.approx(5 / 6)
    assert result.hairs_per_unit is not None
    assert result.hairs_per_unit.value == pytest.approx(6 / 5)
    assert result.cumulative_thickness_mm_per_cm2.value == pytest.approx(sum(diameters) / 1000 / result.area_cm2)


def test_the_terminal_cut_off_is_the_callers() -> None:
    """Drug trials cut at 30 um: a fixed cut-off would not compare with them."""
    share = measured(scalp(), terminal_from_um=30.0).terminal_share
    assert share is not None
    assert share.value == 1.0


def test_the_same_picture_gives_the_same_bytes() -> None:
    """A measurement repeated on the stored picture must be the one that was delivered."""
    assert as_bytes(measured(scalp())) == as_bytes(measured(scalp().copy()))


@pytest.mark.parametrize("form", ["uint16", "float32", "float64", "rgb"])
def test_how_the_picture_is_handed_over_does_not_change_the_figures(form: str) -> None:
    """Counts that depend on the dtype were a known fault of such instruments."""
    picture = scalp()
    given = {
        "uint16": lambda: measured(picture.astype(np.uint16) * 257),
        "float32": lambda: measured((picture / 255).astype(np.float32)),
        "float64": lambda: measured(picture / 255),
        "rgb": lambda: measured(picture[:, :, ::-1], channels="rgb"),
    }[form]()
    assert as_bytes(given) == as_bytes(measured(picture))


@pytest.mark.parametrize("turn", ["90", "180", "mirrored"])
def test_a_turned_picture_has_the_same_hairs(turn: str) -> None:
    """A camera held the other way round must count the same scalp."""
    picture = scalp()
    height, width = picture.shape[:2]
    turned, (xx, xy, x0), (yx, yy, y0) = {
        "90": (np.rot90(picture, -1), (0, -1, height - 1), (1, 0, 0)),
        "180": (np.rot90(picture, 2), (-1, 0, width - 1), (0, -1, height - 1)),
        "mirrored": (picture[:, ::-1], (-1, 0, width - 1), (0, 1, 0)),
    }[turn]
    straight, other = measured(picture), measured(np.ascontiguousarray(turned))
    assert len(other.hairs) == len(straight.hairs)
    for hair in straight.hairs:
        x, y = hair.root_px
        root = (xx * x + xy * y + x0, yx * x + yy * y + y0)
        twin = min(other.hairs, key=lambda h: float(np.hypot(*np.subtract(h.root_px, root))))
        assert np.hypot(*np.subtract(twin.root_px, root)) < 4
        assert twin.diameter_um == pytest.approx(hair.diameter_um, abs=1.0)


def test_a_finer_picture_of_the_same_scalp_gives_the_same_figures() -> None:
    """A 12 MP picture is halved: positions must come back in its own pixels and diameters in the same um."""
    fine = cv2.resize(scalp(), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    twice, once = measure(fine, KnownOptics(UM_PER_PX / 2, blur_sigma_px=2.0)), measured(scalp())
    assert len(twice.hairs) == len(once.hairs)
    assert twice.area_cm2 == pytest.approx(once.area_cm2, rel=0.01)
    for a, b in zip(once.hairs, twice.hairs, strict=True):
        assert np.subtract(b.root_px, 0.5) / 2 == pytest.approx(a.root_px, abs=1.0)
        assert b.diameter_um == pytest.approx(a.diameter_um, abs=1.5)


def test_bare_skin_is_a_measurement_of_no_hair() -> None:
    """A bald frame is a finding with an upper bound, not an error."""
    bare = measured(developed(skin()))
    assert bare.hairs == ()
    assert Flag.NO_HAIR in bare.flags
    assert bare.hair_density_per_cm2.value == 0
    assert bare.hair_density_per_cm2.high > 0
    assert bare.mean_diameter_um is None
    assert bare.terminal_share is None
    assert bare.hairs_per_unit is None
    assert json.loads(as_bytes(bare))["mean_diameter_um"] is None


def test_a_hair_rooted_outside_the_frame_does_not_count() -> None:
    """Counting all that reach in over-counts by a tenth and more."""
    fine = skin()
    course = np.array([0.0, 1.0])
    for x in (100, 200, 300):
        add_streak(fine, (x, 150), tuple(np.array([x, 150]) - 22 * course), 70)
        add_shaft(fine, (x, 150), (x, 260), 70)
    add_shaft(fine, (250, -40), (250, 60), 70)
    result = measured(developed(fine))
    assert len(result.hairs) == 3
    assert Flag.HAIR_CROSSES_BORDER in result.flags


def outside_and_pale() -> Picture:
    """Three pale shafts and three dark ones in the frame, and one that reaches in from outside."""
    fine = skin(520, 560)
    for x in (100, 220, 340):
        add_shaft(fine, (x, 150), (x + 10, 265), 70)
        add_shaft(fine, (x, 330), (x + 12, 440), 60, (128, 150, 178))
    add_shaft(fine, (460, -40), (450, 90), 70)
    picture = developed(fine).astype(float) + np.random.default_rng(4).normal(0, 2, (560, 520))[..., None]
    return np.asarray(np.rint(np.clip(picture, 0, 255)), np.uint8)


def test_lines_that_are_not_counted_are_listed_once_each() -> None:
    """A hair that another picture counts would be lost or new though a line lies on it here."""
    result = measured(outside_and_pale())
    lines = [line.line_px.tobytes() for line in result.uncounted]
    assert len(set(lines)) == len(lines)
    assert not set(lines) & {hair.centreline_px.tobytes() for hair in result.hairs}
    x0, y0, x1, y1 = result.frame_px
    for line in result.uncounted:
        inside = (line.line_px >= (x0 - 1, y0 - 1)) & (line.line_px <= (x1 + 1, y1 + 1))
        assert inside.all(axis=1).any(), "it reaches into the frame"
        assert 0 < line.probability <= 1
    from_outside = [line for line in result.uncounted if np.abs(line.line_px - (452, 70)).max(axis=1).min() < 15]
    assert len(from_outside) == 1
    assert [line.probability for line in result.uncounted] == sorted(
        (line.probability for line in result.uncounted), reverse=True
    )


def test_no_more_lines_are_listed_than_a_message_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A textured skin would be measured, and then not sent."""
    every = measured(outside_and_pale()).uncounted
    assert len(every) > 1
    monkeypatch.setattr(chain, "MOST_HAIRS", len(every) - 1)
    fewer = measured(outside_and_pale()).uncounted
    assert [line.probability for line in fewer] == [line.probability for line in every[:-1]]


def test_hair_without_a_diameter_is_no_thicker_than_usual_and_flagged(monkeypatch: pytest.MonkeyPatch) -> None:
    """The width of two touching shafts would make vellus hair terminal and thickness a third too much."""
    complete = measure_shafts

    def only_thin_ones(*given: object) -> Shafts:
        shafts = complete(*given)  # type: ignore[arg-type]
        return replace(shafts, diameter_um=np.where(shafts.diameter_um < 45, shafts.diameter_um, np.nan))

    assert Flag.FEW_DIAMETERS not in measured(scalp()).flags
    monkeypatch.setattr(chain, "measure_shafts", only_thin_ones)
    result = measured(scalp())
    (known_um,) = (hair.diameter_um for hair in result.hairs if hair.diameter_um is not None)
    assert {hair.kind for hair in result.hairs} == {"vellus"}
    assert result.cumulative_thickness_mm_per_cm2.value == pytest.approx(6 * known_um / 1000 / result.area_cm2)
    assert Flag.FEW_DIAMETERS in result.flags


def test_a_frame_smaller_than_the_smallest_pictures_is_refused() -> None:
    """A frame of some pixels rounds to an area of 0.0, which the clinic's contract refuses."""
    glare = np.full((400, 400, 3), 255, np.uint8)
    glare[:60, :60] = 120
    with pytest.raises(PictureUnusable, match="no frame to count in"):
        measured(glare)


def test_more_hairs_than_a_message_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The contract refuses the message only after the visit, when the patient has gone."""
    for finder in (classical.finder, learned.finder):
        monkeypatch.setattr(finder, "MOST_HAIRS", 3)
    with pytest.raises(PictureUnusable, match="hair or texture throughout"):
        measured(scalp())


def test_light_and_pale_hair_are_found_and_light_hair_is_flagged() -> None:
    """White hair on dark skin and blond hair on fair skin would be counted as none."""
    for hair, ground, lighter in (((215, 220, 225), (60, 75, 100), True), ((110, 165, 205), (170, 185, 215), False)):
        fine = skin(bgr=ground)
        for x in (100, 200, 300):
            add_shaft(fine, (x, 140), (x + 15, 260), 70, hair)
        result = measured(developed(fine))
        assert len(result.hairs) == 3
        assert (Flag.LIGHT_HAIR in result.flags) == lighter


def test_without_a_blur_it_is_estimated_and_said_so() -> None:
    """A guessed blur passed off as calibrated would hide what thin diameters hang on."""
    result = measure(lone_shaft(70, 1.4), UM_PER_PX)
    assert Flag.BLUR_ESTIMATED in result.flags
    assert result.hairs[0].diameter_um == pytest.approx(70, abs=2)
    assert Flag.BLUR_ESTIMATED not in measure(lone_shaft(70, 1.4), KnownOptics(UM_PER_PX, blur_sigma_px=1.4)).flags


def test_the_blur_of_the_place_reaches_each_hair() -> None:
    """A calibrated blur over the field that is not read where the hair lies would be one number after all."""
    picture = lone_shaft(50, 1.4)
    softest = np.full((3, 3), 3.5)
    sharp_in_the_middle, soft_in_the_middle = softest.copy(), np.full((3, 3), 1.4)
    sharp_in_the_middle[1, 1], soft_in_the_middle[1, 1] = 1.4, 3.5
    sharp, soft = (
        measure(picture, KnownOptics(UM_PER_PX, blur_sigma_px=grid)).hairs[0]
        for grid in (sharp_in_the_middle, soft_in_the_middle)
    )
    assert not sharp.diameter_limited
    assert sharp.diameter_um == pytest.approx(50, abs=2)
    assert soft.diameter_limited


def test_what_is_known_of_the_scale_is_in_the_intervals() -> None:
    """A calibration's uncertainty that stops at its record leaves every interval too narrow."""
    exact, unsure = (
        measure(scalp(), KnownOptics(UM_PER_PX, sd, blur_sigma_px=1.0)).hair_density_per_cm2 for sd in (0.0, 0.5)
    )
    assert unsure.value == exact.value
    assert unsure.high > exact.high
    assert measured(scalp()).hair_density_per_cm2 == measure(scalp(), UM_PER_PX).hair_density_per_cm2


def test_long_hair_is_flagged() -> None:
    """Unclipped hair hides roots: its density must not be read like that of clipped hair."""
    fine = skin(900, 300)
    add_shaft(fine, (100, 150), (780, 160), 70)
    assert Flag.LONG_HAIR in measured(developed(fine)).flags


def test_a_thin_hair_under_a_wide_blur_is_a_limit() -> None:
    """A 30 um hair at a blur of 2.4 px has no diameter to give, only a bound."""
    result = measure(lone_shaft(30, 2.4), KnownOptics(UM_PER_PX, blur_sigma_px=2.4))
    assert result.hairs[0].diameter_limited
    assert result.hairs[0].diameter_um == pytest.approx(3 * 2.4 * UM_PER_PX)
    assert Flag.BLUR_LIMITS_DIAMETERS in result.flags


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"terminal_from_um": -1.0}, "cut-off must be a positive"),
        ({"terminal_from_um": float("nan")}, "cut-off must be a positive"),
        ({"hair_mode": "short"}, "hair is 'clipped' or 'long'"),
    ],
)
def test_settings_that_cannot_be_are_refused(options: dict[str, float | str], says: str) -> None:
    """A NaN would make every hair vellus, and a mistyped mode would be taken for one of the two."""
    with pytest.raises(PictureUnusable, match=says):
        measure(scalp(), UM_PER_PX, **options)  # type: ignore[arg-type]


def test_glare_everywhere_leaves_nothing_to_count_in() -> None:
    """An area of zero would make the density infinite."""
    glare = np.full((400, 400, 3), 255, np.uint8)
    glare[:10] = 120
    with pytest.raises(PictureUnusable, match="no frame to count in"):
        measured(glare)


def test_the_overlay_marks_roots_and_shafts_and_leaves_the_picture_alone() -> None:
    """An overlay drawn into the picture itself would be delivered as the clinical picture."""
    picture = scalp()
    before = picture.copy()
    result = measured(picture)
    overlay = draw_overlay(picture, result)
    assert np.array_equal(picture, before)
    assert overlay.dtype == np.uint8
    assert overlay.shape == picture.shape
    for hair in result.hairs:
        for point in (hair.root_px, hair.centreline_px[len(hair.centreline_px) // 2]):
            x, y = np.rint(point).astype(int)
            blue, green, red = overlay[y, x].tolist()
            magenta, lime = red > 200 and blue > 150 and green < 80, red > 150 and green > 200 and blue < 80
            assert magenta if hair.kind == "terminal" else lime
    rgb = draw_overlay(picture[:, :, ::-1].astype(np.uint16) * 257, result, channels="rgb")
    assert np.array_equal(rgb, overlay)


def test_the_operators_choice_of_hair_overrides_what_the_picture_says() -> None:
    """Stubble grown to 2 mm is clipped hair to the clinic that clipped it."""
    assert measured(scalp()).hair_mode == "clipped"
    assert measured(scalp(), hair_mode="long").hair_mode == "long"
    with pytest.raises(PictureUnusable, match="say 'auto'"):
        measured(scalp(), hair_mode="short")


def test_the_recall_of_thin_hair_is_an_option() -> None:
    """Stated without being asked for it would double the time of every capture; asked for, it widens the interval."""
    optics = Optics(size_px=(1100, 900))
    taken = photograph(grow(ScalpSettings(hair_density_per_cm2=60.0, size_mm=(6.0, 5.0)), seed=5), optics, seed=5)
    known = KnownOptics(optics.um_per_px, blur_sigma_px=optics.blur_sigma_px)
    plain = measure(taken.picture, known)
    missed = measure(taken.picture, known, thin_recall=True)
    assert plain.missed_expected is None
    assert missed.missed_expected is not None
    assert 0 <= missed.missed_expected < 0.5 * len(missed.hairs)
    assert missed.hair_density_per_cm2.high > plain.hair_density_per_cm2.high

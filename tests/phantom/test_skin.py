"""Every option shows in the picture where it should, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from phantom import Light, Optics, ScalpSettings, grow, photograph
from phantom.colour import MELANIN, hair_opacity, hair_pigment
from phantom.optics import Pose

QUIET = Optics(size_px=(360, 300), um_per_px=8.0, vignette=0.0, full_well_e=1e9, read_noise=0.0)
EVEN = Light(glare=0.0, highlight=0.0)
PLAIN = ScalpSettings(
    size_mm=(3.0, 2.6), margin_mm=1.2, pores_per_cm2=0.0, flakes_per_cm2=0.0, vessels_per_cm2=0.0, length_mm=(0.8, 0.1)
)


def _seen(settings: ScalpSettings, light: Light = EVEN, pose: Pose | None = None) -> NDArray[np.int64]:
    return photograph(grow(settings, 12), QUIET, light=light, pose=pose).picture.astype(np.int64)


@pytest.mark.parametrize(
    ("option", "largest_share"),
    [
        ({"pores_per_cm2": 60.0}, 0.15),
        ({"flakes_per_cm2": 40.0}, 0.4),
        ({"vessels_per_cm2": 20.0}, 0.3),
        ({"bubbles_per_cm2": 20.0}, 0.4),
    ],
)
def test_things_on_the_skin_show_where_they_lie_only(option: dict[str, Any], largest_share: float) -> None:
    """One option that shifted the random numbers of the others would change the whole scalp with it."""
    differ = np.abs(_seen(replace(PLAIN, **option)) - _seen(PLAIN)).max(axis=2)
    assert differ.max() >= 6
    assert 0.001 < np.mean(differ > 0) < largest_share


@pytest.mark.parametrize("mark_mm", [0.3, 0.5])
def test_the_mark_is_a_dark_dot_of_its_size_in_the_middle(mark_mm: float) -> None:
    """The site is found again by this dot."""
    bald = replace(PLAIN, hair_density_per_cm2=0.0)
    differ = (_seen(bald) - _seen(replace(bald, mark_mm=mark_mm))).mean(axis=2)
    rows, columns = np.indices(differ.shape)
    from_middle_mm = np.hypot(columns - 179.5, rows - 149.5) * 0.008
    assert np.abs(differ[from_middle_mm > 0.62 * mark_mm + 0.06]).max() == 0
    assert differ[from_middle_mm < 0.3 * mark_mm].min() > 50
    assert 2 * np.sqrt((differ > 0.5 * differ.max()).sum() / np.pi) * 0.008 == pytest.approx(mark_mm, rel=0.08)


def test_skin_types_get_darker_in_order() -> None:
    """The types stand for falling contrast to dark hair; out of order they would stand for nothing."""
    levels = [_seen(replace(PLAIN, skin_type=kind)).mean() for kind in ("I", "II", "III", "IV", "V", "VI")]
    assert (np.diff(levels) < -8).all()
    assert 160 < levels[0] < 215
    assert 25 < levels[-1] < 70


def test_skin_texture_is_low_in_contrast() -> None:
    """Texture as strong as hair would be no skin, and none at all would make counting too easy."""
    bald = _seen(replace(PLAIN, hair_density_per_cm2=0.0))[:, :, 1]
    assert 0.02 < bald.std() / bald.mean() < 0.15


def test_hair_colours_get_paler_in_order_and_white_is_paler_than_skin() -> None:
    """White hair needs the inverse polarity: it must be paler than the skin here too."""
    by_melanin = sorted(MELANIN.values())
    reflected = [float(hair_pigment(m).mean()) for m in by_melanin]
    assert (np.diff(reflected) < 0).all()
    assert reflected[-1] < 0.1
    hairless = _seen(replace(PLAIN, hair_density_per_cm2=0.0, skin_type="III"))
    for colour, sign in (("white", 1), ("black", -1)):
        differ = _seen(replace(PLAIN, hair_colour=colour, skin_type="III")) - hairless
        assert sign * differ[np.abs(differ).max(axis=2) > 25].mean() > 20


def test_finer_and_paler_shafts_stop_less_light() -> None:
    """Fine pale hair is what instruments miss; drawn as dark as the rest it would not be missed here."""
    opacity = [[hair_opacity(m, d) for d in (15.0, 30.0, 60.0, 90.0)] for m in (0.0, 0.5, 1.0)]
    assert (np.diff(opacity, axis=1) > 0).all()
    assert (np.diff(opacity, axis=0) > 0).all()
    assert 0.0 < np.min(opacity) < np.max(opacity) < 1.0


def test_the_highlight_lies_on_shafts_only() -> None:
    """A highlight beside the hair would be a light line that is nothing."""
    dull, bright = (photograph(grow(PLAIN, 12), QUIET, light=replace(EVEN, highlight=h)) for h in (0.0, 0.8))
    differ = bright.picture.astype(int) - dull.picture
    near = np.zeros(differ.shape[:2], bool)
    rows, columns = np.indices(near.shape)
    for hair in dull.truth.hairs:
        for x, y in hair.centreline_px:
            near |= np.hypot(columns - x, rows - y) < 0.5 * hair.diameter_um / 8.0 + 6.0
    assert differ.min() >= -1
    assert differ[near].max() > 20
    assert np.abs(differ[~near]).max() == 0


def test_glare_brightens_in_patches_and_with_the_lamp() -> None:
    """Glare is refused at capture: it must appear, only brighten, and grow with the setting."""
    none, some, much = (_seen(PLAIN, replace(EVEN, glare=g)) for g in (0.0, 0.3, 1.0))
    assert (some - none).min() >= -1
    assert 0 < (some - none).mean() < (much - none).mean()
    assert np.mean(much.max(axis=2) > 235) > np.mean(none.max(axis=2) > 235)
    assert (much - none).max() > 60


def test_hair_under_the_skin_shows_behind_the_root_only() -> None:
    """The root is where the sharp shaft meets the skin; the blurred streak must lie behind it."""
    sparse = replace(PLAIN, curl_per_mm=0.0, hair_colour="black", vellus_share=0.0, hair_density_per_cm2=60.0)
    scalp = grow(replace(sparse, size_mm=(6.0, 5.0)), 12)
    optics = replace(QUIET, size_px=(700, 600))
    shot = photograph(scalp, optics, light=EVEN)
    bare = photograph(replace(scalp, hairs=()), optics, light=EVEN).picture[:, :, 1].astype(float)
    darker = (bare - shot.picture[:, :, 1]) / bare
    behind, shaft = [], []
    for hair in shot.truth.hairs:
        along = np.array(hair.tip_px) - np.array(hair.root_px)
        along /= np.hypot(*along)
        back, front = (np.rint(np.array(hair.root_px) + step * along).astype(int) for step in (-12, 20))
        if (np.minimum(back, front) > 0).all() and (np.maximum(back, front) < [699, 599]).all():
            behind.append(darker[back[1], back[0]])
            shaft.append(darker[front[1], front[0]])
    assert len(behind) > 8
    assert 0.05 < np.median(behind) < 0.6 * np.median(shaft)
    assert np.mean(darker > 0.02) < 0.25

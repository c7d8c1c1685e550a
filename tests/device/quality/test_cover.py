"""Bubbles, glare and light: found where they are drawn, and nowhere else."""

import cv2
import numpy as np
import pytest

from analysis.optics import Optics as KnownOptics
from device.quality import bubbles, light
from device.quality.seen import Plane, Seen
from phantom import Light
from tests.device.quality.drawn import UM_PER_PX, photo, picture


def _at_line_scale(taken: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Plane:
    grey = cv2.cvtColor(taken, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32) / np.float32(
        255
    )


def _seen(**what: object) -> Seen:
    return Seen.of(picture(**what), KnownOptics(UM_PER_PX))


@pytest.mark.parametrize("seed", [4, 5, 6])
def test_bubbles_are_found_where_they_are(seed: int) -> None:
    """Breaks when the share of bubbles, or the doubt about hairs beside them, means nothing."""
    drawn = photo(bubbles_per_cm2=60.0, hair_density_per_cm2=120.0, seed=seed)
    grey = _at_line_scale(drawn.picture)
    told = bubbles.find(grey, 2 * UM_PER_PX).covered((grey.shape[0], grey.shape[1]))
    true = cv2.resize(drawn.covered.astype(np.uint8), grey.shape[::-1], interpolation=cv2.INTER_AREA) > 0
    both = float((told & true).sum())
    assert both / told.sum() > 0.85
    assert both / true.sum() > 0.55


@pytest.mark.parametrize("density", [0.0, 80.0, 250.0])
def test_hair_is_not_called_bubbles(density: float) -> None:
    """Breaks when dense hair, whose edges lie every way, is refused for bubbles."""
    grey = _at_line_scale(picture(hair_density_per_cm2=density, curl_per_mm=0.4))
    assert len(bubbles.find(grey, 2 * UM_PER_PX).radii_px) == 0


def test_bubbles_of_a_flat_picture_are_none() -> None:
    """Breaks when a picture without edges cannot be judged."""
    assert len(bubbles.find(np.full((200, 300), 0.5, np.float32), 10.6).radii_px) == 0


def test_glare_grows_with_the_wet_film() -> None:
    """Breaks when a wet scalp is not told from a dry one."""
    dry, moist, wet = (float(light.veiled(_seen(light=Light(wet=w))).mean()) for w in (0.0, 0.2, 0.6))
    assert dry < 0.004
    assert 0.02 < moist < wet


def test_exposure_shares_are_those_drawn() -> None:
    """Breaks when over- and underexposure are mixed up or missed."""
    taken = picture()
    taken[:, :200], taken[:, -100:] = 0, 255
    seen = Seen.of(taken, KnownOptics(UM_PER_PX))
    whole = np.prod(seen.inside.shape)
    # the black reaches the corners: it is taken to lie outside of the optic
    assert 200 / 754 - 0.05 < 1 - seen.inside.sum() / whole < 200 / 754 + 0.05
    assert light.under_share(seen) < 0.02
    assert light.over_share(seen) == pytest.approx(100 / 554, abs=0.03)


@pytest.mark.parametrize(("vignette", "low", "high"), [(0.0, 0.0, 0.16), (0.6, 0.4, 0.65)])
def test_fall_off_is_the_light_that_the_dimmest_part_lacks(vignette: float, low: float, high: float) -> None:
    """Breaks when a failed lamp goes unseen."""
    share = light.fall_off_share(_seen(optics={"vignette": vignette}, light=Light(glare=0.1)))
    assert share is not None
    assert low <= share <= high

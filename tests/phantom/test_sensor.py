"""The sensor's blur, noise, colours and compression are of the size asked for."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from phantom import Light, Optics
from phantom.sensor import expose
from phantom.swath import step

QUIET = Optics(size_px=(240, 200), vignette=0.0, full_well_e=1e9, read_noise=0.0, blur_sigma_px=0.5)
PLAIN = Light(glare=0.0)


def _with_optics(**changed: object) -> Optics:
    named = {name: getattr(QUIET, name) for name in QUIET.__slots__}
    return Optics(**{**named, **changed})


def _flat(level: float = 0.5) -> NDArray[np.float32]:
    return np.full((200, 240, 3), level, np.float32)


@pytest.mark.parametrize("level", [0.0, 0.2, 0.75])
@pytest.mark.parametrize(("full_well_e", "read_noise"), [(9000.0, 1.5), (1500.0, 2.0), (1e9, 3.0)])
def test_noise_on_a_flat_patch_has_the_size_asked_for(level: float, full_well_e: float, read_noise: float) -> None:
    """Detection limits are stated against this noise."""
    # a lift keeps the dark patch's noise off the lower stop
    picture = expose(_flat(level + 0.1), _with_optics(full_well_e=full_well_e, read_noise=read_noise), PLAIN, 1)
    value = 255.0 * (level + 0.1)
    wanted = np.sqrt(255.0 * value / full_well_e + read_noise**2 + 1.0 / 12.0)
    assert picture.mean() == pytest.approx(value, abs=0.1)
    assert picture.std() == pytest.approx(wanted, rel=0.02)


def test_noise_is_new_with_every_seed_and_the_same_with_one() -> None:
    """Frames that share their noise would make repeatability look perfect."""
    noisy = _with_optics(read_noise=3.0)
    first, again, other = (expose(_flat(), noisy, PLAIN, seed).astype(int) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first - other).std() == pytest.approx(np.sqrt(2) * first.std(), rel=0.05)


@pytest.mark.parametrize("sigma_px", [0.5, 0.6, 0.75, 0.9, 1.4, 3.0])
def test_an_edge_is_blurred_by_what_the_optics_say(sigma_px: float) -> None:
    """Widths near the blur are only as right as the blur: a setting drawn otherwise would shift them all."""
    picture = _flat()
    # an edge drawn as all of the phantom is, with the least blur, slanted so that it falls between pixels
    x = np.arange(240) - 120.0 - 0.1 * np.arange(200)[:, None] + 10.0
    picture[:] = (0.2 + 0.6 * step(x / np.sqrt(1.01) / 0.5))[:, :, None]
    seen = expose(picture, _with_optics(blur_sigma_px=sigma_px), PLAIN, 0)[20:180, :, 1].astype(float)
    slope, at = np.diff(seen, axis=1), x[20:180, 1:] - 0.5
    middle = (slope * at).sum() / slope.sum()
    spread = np.sqrt((slope * (at - middle) ** 2).sum() / slope.sum() - 1.0 / 12.0)
    # the difference of neighbours widens by the pixel between them; along x the slanted edge is wider
    assert middle == pytest.approx(0.0, abs=0.02)
    assert spread / np.sqrt(1.01) == pytest.approx(sigma_px, rel=0.02)


def test_a_mosaic_gives_the_colours_back() -> None:
    """With the colour filter's pattern named wrongly red and blue change places, or green turns to stripes."""
    picture = _flat()
    picture[:] = (0.2, 0.5, 0.8)
    seen = expose(picture, _with_optics(bayer=True), PLAIN, 0)
    assert seen.reshape(-1, 3).mean(axis=0) == pytest.approx([51.0, 127.5, 204.0], abs=0.6)
    assert seen.reshape(-1, 3).std(axis=0).max() < 1.0


def test_a_mosaic_blurs_colour_at_edges_only() -> None:
    """Colour fringes on sharp shafts are what a real sensor adds; even skin must stay as it is."""
    picture = _flat(0.8)
    picture[:, 100:103] = 0.1
    plain, mosaic = (expose(picture.copy(), _with_optics(bayer=bayer), PLAIN, 0).astype(int) for bayer in (False, True))
    differ = np.abs(plain - mosaic).max(axis=(0, 2))
    assert differ[95:108].max() > 15
    assert differ[:92].max() <= 1
    assert differ[112:].max() <= 1


def test_stronger_compression_changes_more() -> None:
    """A quality setting that is not handed on would hide the cost of JPEG."""
    picture = _flat() + np.random.default_rng(0).normal(0, 0.1, (200, 240, 1)).astype(np.float32)
    plain = expose(picture.copy(), QUIET, PLAIN, 0).astype(float)
    lost = [
        np.abs(expose(picture.copy(), _with_optics(jpeg_quality=quality), PLAIN, 0) - plain).mean()
        for quality in (98, 85, 40)
    ]
    assert 0 < lost[0] < lost[1] < lost[2]


def test_vignette_gradient_level_and_tint_shade_as_they_say() -> None:
    """Flat-field calibration is tested against these."""
    light = Light(level=0.9, gradient=(0.2, -0.1), tint=(1.1, 1.0, 0.8), glare=0.0)
    seen = expose(_flat(), _with_optics(vignette=0.3, colour_gains=(1.0, 1.05, 1.0)), light, 0).astype(float)
    rows, columns = np.indices((200, 240))
    x, y = columns - 119.5, rows - 99.5
    shade = (1 - 0.3 * (x**2 + y**2) / (120.0**2 + 100.0**2)) * (1 + 0.2 * x / 240 - 0.1 * y / 200)
    wanted = 127.5 * 0.9 * shade[:, :, None] * [1.1, 1.05, 0.8]
    assert np.abs(seen - wanted).max() < 0.6


def test_overexposure_saturates() -> None:
    """A value past white that wrapped around would turn glare black."""
    assert (expose(_flat(1.5), _with_optics(read_noise=2.0), PLAIN, 0) >= 250).all()


def test_the_tone_curve_bends_as_it_says() -> None:
    """Black and white stay, the middle moves."""
    for level in (0.0, 0.25, 0.5, 1.0):
        seen = expose(_flat(level), _with_optics(gamma=1.6), PLAIN, 0)
        assert seen.mean() == pytest.approx(255.0 * level**1.6, abs=0.6)


@pytest.mark.parametrize("bayer", [False, True])
def test_sharpening_overshoots_at_edges_only(bayer: bool) -> None:
    """Halos are what widths measured on sharpened pictures suffer from; even skin must keep its value."""
    picture = _flat(0.3)
    picture[:, 120:] = 0.6
    usual, sharp = (
        expose(picture.copy(), _with_optics(sharpening=s, blur_sigma_px=1.0, bayer=bayer), PLAIN, 0)[100, :, 1].astype(
            int
        )
        for s in (0.0, 1.5)
    )
    assert sharp.max() > usual.max() + 8
    assert sharp.min() < usual.min() - 8
    assert np.abs(sharp - usual)[:105].max() <= 1
    assert np.abs(sharp - usual)[136:].max() <= 1
    assert np.diff(sharp).max() > 1.3 * np.diff(usual).max()


def test_tone_and_sharpening_left_alone_change_nothing() -> None:
    """Pictures drawn before there was either are locked figures."""
    rough = _flat() + np.random.default_rng(0).normal(0, 0.1, (200, 240, 1)).astype(np.float32)
    usual, told = (
        expose(rough.copy(), optics, PLAIN, 3)
        for optics in (QUIET, _with_optics(gamma=1.0, sharpening=0.0, field_mm=None))
    )
    assert (usual == told).all()


def test_noise_is_sharpened_with_the_picture() -> None:
    """A device's own sharpening raises the grain of its pictures too."""
    stds = [expose(_flat(), _with_optics(read_noise=2.0, sharpening=s), PLAIN, 1).std() for s in (0.0, 2.0)]
    assert stds[1] > 1.8 * stds[0]

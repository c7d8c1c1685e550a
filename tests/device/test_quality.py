"""The gate: a good picture passes, a gross fault is refused, each with its reason."""

import numpy as np
import pytest
from numpy.typing import NDArray

from contract import Verdict
from device.quality import judge
from phantom import Light, Optics, ScalpSettings, grow, photograph

UM_PER_PX = 5.3


def picture(
    blur_sigma_px: float = 0.9, level: float = 1.0, skin_type: str = "III", **scalp: float
) -> NDArray[np.uint8]:
    """Photograph a small phantom."""
    grown = grow(ScalpSettings(skin_type=skin_type, size_mm=(4.0, 3.0), **scalp), seed=4)  # type: ignore[arg-type]
    optics = Optics(um_per_px=UM_PER_PX, size_px=(754, 566), blur_sigma_px=blur_sigma_px)
    return photograph(grown, optics, light=Light(level=level), seed=4).picture


@pytest.mark.parametrize("skin_type", ["I", "II", "III", "IV", "V"])
@pytest.mark.parametrize("density", [60.0, 200.0])
def test_a_good_picture_passes(skin_type: str, density: float) -> None:
    """Breaks when the gate sends a technician back for nothing."""
    quality = judge(picture(skin_type=skin_type, hair_density_per_cm2=density), UM_PER_PX)
    assert (quality.verdict, quality.reasons) == (Verdict.PASS, ())


@pytest.mark.parametrize(
    ("fault", "reason"),
    [({"blur_sigma_px": 4.0}, "Out of focus"), ({"level": 0.05}, "Too dark"), ({"level": 4.0}, "Too bright")],
)
def test_a_gross_fault_is_refused_with_its_reason(fault: dict[str, float], reason: str) -> None:
    """Breaks when a picture that cannot be measured goes through without a word."""
    quality = judge(picture(**fault), UM_PER_PX)  # type: ignore[arg-type]
    assert quality.verdict is Verdict.REFUSE
    assert any(sentence.startswith(reason) for sentence in quality.reasons)


def test_glare_is_told_by_its_share() -> None:
    """Breaks when hidden skin is counted as bald."""
    some, much = picture(), picture()
    some[:60, :400] = 255
    much[:200] = 255
    assert judge(some, UM_PER_PX).verdict is Verdict.WARN
    assert judge(much, UM_PER_PX).verdict is Verdict.REFUSE


def test_the_verdict_does_not_hang_on_the_sensor_s_resolution() -> None:
    """Breaks when the same optics on a finer sensor are judged out of focus."""
    fine = np.repeat(np.repeat(picture(), 2, axis=0), 2, axis=1)
    assert judge(fine, UM_PER_PX / 2) == judge(picture(), UM_PER_PX)


def test_a_grey_picture_is_judged_too() -> None:
    """Breaks when a monochrome sensor cannot be used."""
    assert judge(picture()[..., 1].copy(), UM_PER_PX).verdict is Verdict.PASS

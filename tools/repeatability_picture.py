"""The picture of docs/repeatability.md: a study of drawn scalps, as Bland and Altman draw it."""

from pathlib import Path

import numpy as np

from analysis import Optics as MeasuredOptics
from analysis import measure
from analysis.noise.agreement import Limits, limits_of_agreement
from phantom import Light, Optics, Pose, ScalpSettings, clip, grow, photograph, wash

_SUBJECTS = 20
_UM_PER_PX, _SIZE_PX = 5.3, (1140, 860)
_FIRST_SEED = 4_400_000

_WIDTH, _HEIGHT = 760, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 150, 24, 52
_INK, _FAINT, _BAND, _POINT = "#333333", "#5f5f5f", "#cfe3f1", "#0072b2"  # blue: told from grey by everybody
_FONT = 'font-family="sans-serif" font-size="13"'


def draw(file: Path) -> None:
    """Photograph drawn scalps twice each, measure them, and draw differences over means with their limits."""
    densities = np.array([_placed_twice(_FIRST_SEED + subject) for subject in range(_SUBJECTS)])
    limits = limits_of_agreement(densities[:, 0].tolist(), densities[:, 1].tolist())
    assert limits is not None  # noqa: S101  for mypy: there are pairs enough
    file.write_text(_svg(densities.mean(axis=1).tolist(), np.diff(densities, axis=1)[:, 0].tolist(), limits))


def _placed_twice(seed: int) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    settings = ScalpSettings(size_mm=(7.4, 6.0), hair_density_per_cm2=float(rng.uniform(80, 220)))
    scalp = clip(grow(settings, seed), 0.7, seed)

    def density() -> float:
        picture = photograph(
            wash(scalp, int(rng.integers(1 << 30))),
            Optics(um_per_px=_UM_PER_PX, size_px=_SIZE_PX),
            pose=Pose(
                shift_mm=(float(rng.uniform(-0.3, 0.3)), float(rng.uniform(-0.3, 0.3))),
                turn_deg=float(rng.uniform(-5, 5)),
            ),
            light=Light(level=float(rng.uniform(0.9, 1.1))),
            seed=int(rng.integers(1 << 30)),
        ).picture
        return measure(picture, MeasuredOptics(_UM_PER_PX)).hair_density_per_cm2.value

    return density(), density()


def _svg(means: list[float], differences: list[float], limits: Limits) -> str:
    first, last = 20 * np.floor(min(means) / 20), 20 * np.ceil(max(means) / 20)
    reach = 10 * np.ceil(max(limits.high.high, -limits.low.low, *np.abs(differences)) / 10)

    def x(mean: float) -> float:
        return float(_LEFT + (mean - first) / (last - first) * (_WIDTH - _LEFT - _RIGHT))

    def y(difference: float) -> float:
        return float(_TOP + (reach - difference) / (2 * reach) * (_HEIGHT - _TOP - _BOTTOM))

    end = _WIDTH - _RIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" {_FONT} fill="{_INK}">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
    ]
    for line, words in ((limits.high, "upper limit"), (limits.bias, "bias"), (limits.low, "lower limit")):
        top, bottom, level = y(line.high), y(line.low), y(line.value)
        parts += [
            f'<rect x="{_LEFT}" y="{top:.1f}" width="{end - _LEFT}" height="{bottom - top:.1f}" fill="{_BAND}"/>',
            f'<path d="M{_LEFT} {level:.1f}H{end}" stroke="{_POINT}" stroke-width="1.5" stroke-dasharray="6 4"/>',
            f'<text x="{end + 8}" y="{level - 2:.1f}">{words} {line.value:+.1f}</text>',
            f'<text x="{end + 8}" y="{level + 14:.1f}" fill="{_FAINT}">{line.low:+.1f} to {line.high:+.1f}</text>',
        ]
    parts.append(f'<path d="M{_LEFT} {_TOP}V{_HEIGHT - _BOTTOM}H{end}" stroke="{_INK}" fill="none"/>')
    for mean in np.arange(first, last + 1, 20):
        parts.append(f'<text x="{x(mean):.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{mean:.0f}</text>')
    for difference in np.arange(-reach, reach + 1, 10):
        parts.append(f'<text x="{_LEFT - 8}" y="{y(difference) + 4:.1f}" text-anchor="end">{difference:+.0f}</text>')
    middle = (_LEFT + end) / 2
    parts += [
        f'<circle cx="{x(mean):.1f}" cy="{y(difference):.1f}" r="4" fill="{_POINT}"/>'
        for mean, difference in zip(means, differences, strict=True)
    ]
    parts += [
        f'<text x="{middle:.0f}" y="{_HEIGHT - 12}" text-anchor="middle">mean of both placements, hairs/cm2</text>',
        f'<text transform="translate(18 {_HEIGHT / 2:.0f}) rotate(-90)" text-anchor="middle">second less first,'
        " hairs/cm2</text>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"

"""Cards without geometry: the dark, a white card with its dust, a chart of colours."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from phantom.settings import SettingError, require_between
from phantom.targets.plane import Plane, step


@dataclass(frozen=True, slots=True)
class Dark:
    """No light: a closed box, or the lights off."""

    def reflectance(self, x_mm: Plane, y_mm: Plane, blur_mm: Plane) -> Plane:
        """See `phantom.targets.plane.Target`."""
        del x_mm, y_mm
        return np.zeros_like(blur_mm)


@dataclass(frozen=True, slots=True)
class WhiteCard:
    """An even white card, its middle in the target's.

    Parameters
    ----------
    white : float
        Share of light sent back.
    size_mm : (float, float)
        Width and height; beyond lies `around`.
    around : float
        Share of light sent back from beyond the card.
    dust_per_cm2 : float
        Specks of 20 to 120 um with soft rims, each taking half to all of the light in its middle.
    texture : float
        Amplitude of a weave of threads, as a share of the light.
    texture_period_mm : float
        From thread to thread.
    seed : int
        Of the dust.
    """

    white: float = 1.0
    size_mm: tuple[float, float] = (200.0, 200.0)
    around: float = 0.05
    dust_per_cm2: float = 0.0
    texture: float = 0.0
    texture_period_mm: float = 0.25
    seed: int = 0

    def __post_init__(self) -> None:
        require_between("white", self.white, 0.0, 1.25)
        require_between("size_mm", min(self.size_mm), 0.1, 1000.0)
        require_between("around", self.around, 0.0, 1.25)
        require_between("dust_per_cm2", self.dust_per_cm2, 0.0, 2000.0)
        require_between("texture", self.texture, 0.0, 0.5)
        require_between("texture_period_mm", self.texture_period_mm, 0.02, 5.0)

    def reflectance(self, x_mm: Plane, y_mm: Plane, blur_mm: Plane) -> Plane:
        """See `phantom.targets.plane.Target`."""
        on_card = np.ones_like(blur_mm)
        for along, size in ((x_mm, self.size_mm[0]), (y_mm, self.size_mm[1])):
            on_card *= step(np.asarray((0.5 * size - np.abs(along)) / blur_mm, np.float32))
        sent = np.float32(self.white) * self._weave(x_mm, y_mm, blur_mm) * self._dust(x_mm, y_mm, blur_mm)
        return np.asarray(self.around + (sent - self.around) * on_card, np.float32)

    def _weave(self, x_mm: Plane, y_mm: Plane, blur_mm: Plane) -> Plane:
        if self.texture == 0:
            return np.ones_like(blur_mm)
        turns_per_mm = np.float32(2 * np.pi / self.texture_period_mm)
        left = np.exp(-0.5 * (turns_per_mm * blur_mm) ** 2)
        both = 0.5 * (np.sin(turns_per_mm * x_mm) + np.sin(turns_per_mm * y_mm))
        return np.asarray(1 + np.float32(self.texture) * left * both, np.float32)

    def _dust(self, x_mm: Plane, y_mm: Plane, blur_mm: Plane) -> Plane:
        left = np.ones_like(blur_mm)
        if self.dust_per_cm2 == 0:
            return left
        # specks lie by whole millimetres of the card, so that strips of one picture agree on them
        x_range, y_range = ((int(np.floor(m.min())) - 1, int(np.ceil(m.max())) + 1) for m in (x_mm, y_mm))
        for column in range(*x_range):
            for row in range(*y_range):
                rng = np.random.default_rng([self.seed, 67, column + 1000, row + 1000])
                for _ in range(rng.poisson(self.dust_per_cm2 / 100.0)):
                    at_x, at_y = column + rng.random(), row + rng.random()
                    sigma, taken = 0.25e-3 * rng.uniform(20.0, 120.0), rng.uniform(0.5, 1.0)
                    _take_away(left, (x_mm - at_x) ** 2 + (y_mm - at_y) ** 2, sigma, taken, blur_mm)
        return left


def _take_away(left: Plane, squared_mm2: Plane, sigma_mm: float, taken: float, blur_mm: Plane) -> None:
    """Take a speck's share of light from `left`: a Gaussian, which a Gaussian blur widens and weakens."""
    near = squared_mm2 < (5 * (sigma_mm + float(blur_mm.max()))) ** 2
    variance = sigma_mm**2 + blur_mm[near] ** 2
    left[near] *= 1 - np.float32(taken) * (sigma_mm**2 / variance) * np.exp(-0.5 * squared_mm2[near] / variance)


def _patches() -> tuple[tuple[float, float, float], ...]:
    """Lab of 24 patches: three rings of hue at different lightness and chroma, and a row of greys."""
    colours = []
    for lightness, chroma, first_deg in ((68.0, 30.0, 10.0), (54.0, 28.0, 40.0), (38.0, 22.0, 20.0)):
        for k in range(6):
            hue = np.deg2rad(first_deg + 60.0 * k)
            colours.append((lightness, round(chroma * float(np.cos(hue)), 2), round(chroma * float(np.sin(hue)), 2)))
    return (*colours, *((lightness, 0.0, 0.0) for lightness in (95.0, 81.0, 66.0, 51.0, 36.0, 21.0)))


@dataclass(frozen=True, slots=True)
class ColourChart:
    """Square patches of known colours in rows, on a dark ground.

    Parameters
    ----------
    patches_lab : tuple of (float, float, float)
        L*, a*, b* under D65, row by row.
    columns : int
        Patches in a row.
    pitch_mm, patch_mm : float
        From patch to patch, and a patch's side.
    ground : float
        Share of light that the ground sends back.
    camera : ((float, float, float), ...)
        From linear sRGB to the camera's own linear B, G, R (rows and columns in the order B, G, R); rows that add up
        to 1 keep white white.
    metamerism : float
        Standard deviation of what a patch of chroma 40 differs, as a share, from what `camera` makes of its colour:
        dyes of the same colour have other spectra, which no matrix mends. It grows with the chroma; greys keep theirs.
    seed : int
        Of that difference.

    Raises
    ------
    SettingError
        For rows that are not full.
    """

    patches_lab: tuple[tuple[float, float, float], ...] = field(default_factory=_patches)
    columns: int = 6
    pitch_mm: float = 1.5
    patch_mm: float = 1.2
    ground: float = 0.03
    camera: tuple[tuple[float, float, float], ...] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    metamerism: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if len(self.patches_lab) % self.columns:
            raise SettingError(f"{len(self.patches_lab)} patches do not fill rows of {self.columns}")
        require_between("patch_mm", self.patch_mm, 0.01, self.pitch_mm)
        require_between("metamerism", self.metamerism, 0.0, 0.3)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.patches_lab) // self.columns

    def as_the_camera_sees(self) -> NDArray[np.float32]:
        """Linear B, G, R of the patches, shape (rows, columns, 3)."""
        rng = np.random.default_rng([self.seed, 71])
        lab = np.asarray(self.patches_lab)
        seen = _linear_srgb(lab) @ np.asarray(self.camera).T
        chroma = np.hypot(lab[:, 1], lab[:, 2])[:, None]
        seen *= 1 + self.metamerism * chroma / 40.0 * rng.standard_normal(seen.shape)
        return np.asarray(np.clip(seen, 0, 1).reshape(self.rows, self.columns, 3), np.float32)

    def reflectance(self, x_mm: Plane, y_mm: Plane, blur_mm: Plane) -> Plane:
        """See `phantom.targets.plane.Target`."""
        inside = np.ones_like(blur_mm)
        cells = []
        for along, count in ((x_mm, self.columns), (y_mm, self.rows)):
            cell = np.clip(np.rint(along / self.pitch_mm + 0.5 * (count - 1)), 0, count - 1)
            from_middle = np.abs(along - (cell - 0.5 * (count - 1)) * self.pitch_mm)
            inside *= step(np.asarray((0.5 * self.patch_mm - from_middle) / blur_mm, np.float32))
            cells.append(cell.astype(np.intp))
        colours = self.as_the_camera_sees()[cells[1], cells[0]]
        return np.asarray(self.ground + (colours - self.ground) * inside[:, :, None], np.float32)


def _linear_srgb(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lab under D65 (n, 3) as linear sRGB in the order B, G, R (CIE 15:2004; IEC 61966-2-1)."""
    level = (lab[:, 0] + 16) / 116
    t = np.stack([level + lab[:, 1] / 500, level, level - lab[:, 2] / 200], axis=1)
    linear_part = 3 * (6 / 29) ** 2 * (t - 4 / 29)
    xyz = np.where(t > 6 / 29, t**3, linear_part) * np.array([0.95047, 1.0, 1.08883])
    to_rgb = np.array(
        [[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560], [0.0556434, -0.2040259, 1.0572252]]
    )
    return np.asarray((xyz @ to_rgb.T)[:, ::-1])

"""A camera or a head that moves while the picture is exposed: everything is smeared along the way it took."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from phantom.settings import require_between

Plane = NDArray[np.float32]

_POINTS_PER_PX = 16


@dataclass(frozen=True, slots=True)
class Motion:
    """The way that the scene takes over the sensor during one exposure, at even speed.

    Parameters
    ----------
    path_um : tuple of (float, float)
        Places (x, y) passed in turn, in um of the scalp; only their differences count. At least two, within 5 mm of
        one another.

    Raises
    ------
    SettingError
        For a path that cannot be drawn.
    """

    path_um: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        require_between("number of places in path_um", len(self.path_um), 2, 10_000)
        reach = np.ptp(np.asarray(self.path_um, np.float64), axis=0)
        require_between("extent of path_um", float(reach.max()), 0.0, 5000.0)

    @classmethod
    def straight(cls, length_um: float, direction_deg: float) -> Motion:
        """Move `length_um` along a straight line, `direction_deg` counted from x to y."""
        angle = np.deg2rad(direction_deg)
        return cls(((0.0, 0.0), (float(length_um * np.cos(angle)), float(length_um * np.sin(angle)))))

    @classmethod
    def tremor(cls, reach_um: float, seed: int) -> Motion:
        """Wander as a hand does: a smooth random way whose places have a standard deviation of `reach_um` in all."""
        steps = np.random.default_rng([seed, 71]).normal(0.0, 1.0, (48, 2))
        way = np.cumsum(np.cumsum(steps - steps.mean(axis=0), axis=0), axis=0)
        way -= way.mean(axis=0)
        way *= reach_um / max(float(np.sqrt((way**2).sum(axis=1).mean())), 1e-12)
        return cls(tuple((float(x), float(y)) for x, y in way))

    def kernel(self, um_per_px: float) -> Plane:
        """Share of the exposure spent at each pixel off the path's mean, shape (odd, odd), its sum 1."""
        way = np.asarray(self.path_um, np.float64) / um_per_px
        arc = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))])
        along = (np.arange(count := 1 + int(np.ceil(arc[-1] * _POINTS_PER_PX))) + 0.5) / count * arc[-1]
        places = np.column_stack([np.interp(along, arc, axis) for axis in way.T])
        places -= places.mean(axis=0)  # what is seen stays where it was
        reach = 1 + int(np.ceil(np.abs(places).max()))
        kernel = np.zeros((2 * reach + 1, 2 * reach + 1))
        low = np.floor(places).astype(int)
        beyond = places - low
        for right in (0, 1):
            for down in (0, 1):
                share = np.abs(1 - right - beyond[:, 0]) * np.abs(1 - down - beyond[:, 1])
                np.add.at(kernel, (low[:, 1] + down + reach, low[:, 0] + right + reach), share)
        return np.asarray(kernel / kernel.sum(), np.float32)


def smear(picture: Plane, motion: Motion, um_per_px: float) -> None:
    """Smear a picture along a path, in place.

    Parameters
    ----------
    picture : ndarray of float32, shape (rows, columns, 3)
        Before it is exposed.
    motion : Motion
    um_per_px : float
        Scale of the picture.
    """
    # filter2D correlates: turned by half a circle, the kernel convolves
    kernel = np.ascontiguousarray(motion.kernel(um_per_px)[::-1, ::-1])
    picture[:] = cv2.filter2D(picture, -1, kernel, borderType=cv2.BORDER_REFLECT_101)

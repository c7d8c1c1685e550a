"""How much figures differ between stills taken one after another: what the instrument adds by itself."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis import Measurement
from contract import Repeatability

_SD_OF_MAD = 1.4826
_EVERY_PX = 4


def repeatability(pictures: Sequence[NDArray[np.uint8]], measurements: Sequence[Measurement]) -> Repeatability:
    """Compare stills of the same place.

    Parameters
    ----------
    pictures
        Two at least, of one shape, as the camera gave them: compression would hide the noise.
    measurements
        Of each.
    """
    densities = [one.hair_density_per_cm2.value for one in measurements]
    diameters = [one.mean_diameter_um.value for one in measurements if one.mean_diameter_um is not None]
    return Repeatability(
        stills=len(pictures),
        hair_density_sd_per_cm2=float(np.std(densities, ddof=1)),
        mean_diameter_sd_um=float(np.std(diameters, ddof=1)) if len(diameters) == len(pictures) else None,
        noise_share=_noise_share(pictures),
    )


def _noise_share(pictures: Sequence[NDArray[np.uint8]]) -> float:
    """Take what differs from one still to the next; its median forgives hairs that moved between them."""
    thinned = [picture[::_EVERY_PX, ::_EVERY_PX].astype(np.float32) for picture in pictures]
    differences = [later - earlier for earlier, later in pairwise(thinned)]
    spread = np.mean([np.median(np.abs(one - np.median(one, axis=(0, 1)))) for one in differences])
    # whole values hide noise below half of one: a still's own rounding is left in
    return float(min(1.0, max(_SD_OF_MAD * spread / np.sqrt(2), 1 / np.sqrt(12)) / 255.0))

"""The heads before the simulated camera: each patient's site has its own scalp, the same at every visit.

From visit to visit the camera is put down a little elsewhere and the skin has been washed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

import phantom
from contract import Site, SiteKey, place_of
from device.camera.protocol import Aim
from device.camera.settings import SimulatedSettings
from device.camera.simulated.chance import seed_of
from device.camera.simulated.lens import Lens

#: Largest error of putting the camera down again at a visit, and of holding it still within one.
_PLACING_MM, _PLACING_DEG = 0.8, 6.0
_HOLDING_MM, _HOLDING_DEG = 0.05, 0.3
_LONGEST_HAIR_MM = 1.3
#: Where the instrument was not yet pressed down: sigma of the blur on the skin.
_LIFTED_BLUR_UM, _LIFTED_STILL = 35.0, 1
#: A lens that is not ideal sees a little farther at the corners than its scale says: by this share of the field.
_SEEN_FARTHER = 0.06


class _Growth(NamedTuple):
    """How a site differs from the occipital one, which does not thin."""

    density: float
    vellus_share: float


#: Beginning pattern hair loss: 21 % thin hairs where it is most advanced, 6 % in the donor area (PMC2938574).
_GROWTH = {
    Site.FRONTAL: _Growth(0.85, 0.14),
    Site.MID_SCALP: _Growth(0.80, 0.16),
    Site.VERTEX: _Growth(0.70, 0.21),
    Site.OCCIPITAL: _Growth(1.00, 0.06),
    Site.TEMPORAL_LEFT: _Growth(0.82, 0.09),
    Site.TEMPORAL_RIGHT: _Growth(0.82, 0.09),
}


class Heads:
    """All patients' heads, grown when they are first looked at.

    Parameters
    ----------
    settings
        The world's seed, and what grows.

    Raises
    ------
    phantom.SettingError
        For hair or skin that cannot be drawn.
    """

    def __init__(self, settings: SimulatedSettings) -> None:
        self._settings = settings
        self._growing = {site: _scalp_settings(settings, site) for site in Site}
        self._scalps: dict[tuple[str, SiteKey], phantom.Scalp] = {}

    def photograph(
        self, aim: Aim, still_number: int, optics: phantom.Optics, lens: Lens, light: phantom.Light
    ) -> phantom.Photograph:
        """Photograph the place aimed at.

        Parameters
        ----------
        aim
            The place, and the visit.
        still_number
            Counted from 1 within the aim; 0 for the preview. It gives each still its own noise and unsteady hand.
        optics, lens, light
            Through which and in which it is seen.
        """
        place = aim.patient_code, aim.site
        world = self._settings.seed
        if place not in self._scalps:
            self._scalps[place] = phantom.grow(self._growing[_grows_like(aim.site)], seed_of(world, "scalp", *place))
        visit_seed = seed_of(world, "visit", *place, aim.visit_number)
        still_seed = seed_of(world, "still", *place, aim.visit_number, still_number)
        placing, holding = np.random.default_rng(visit_seed), np.random.default_rng(still_seed)
        x_mm, y_mm = placing.uniform(-_PLACING_MM, _PLACING_MM, 2) + holding.uniform(-_HOLDING_MM, _HOLDING_MM, 2)
        turn_deg = placing.uniform(-_PLACING_DEG, _PLACING_DEG) + holding.uniform(-_HOLDING_DEG, _HOLDING_DEG)
        pose = phantom.Pose(shift_mm=(float(x_mm), float(y_mm)), turn_deg=float(turn_deg), tilt_deg=lens.tilt_deg)
        if aim.site in self._settings.lifted and still_number == _LIFTED_STILL:
            optics = replace(optics, blur_sigma_px=_LIFTED_BLUR_UM / optics.um_per_px)
        scalp = phantom.wash(self._scalps[place], visit_seed)
        return phantom.photograph(scalp, optics, pose=pose, light=light, seed=still_seed)


def _grows_like(site: SiteKey) -> Site:
    """Return the controlled site next to a place: there it grows the same."""
    place = place_of(site)
    return min(Site, key=lambda known: place.distance_mm(place_of(known)))


def _scalp_settings(settings: SimulatedSettings, site: Site) -> phantom.ScalpSettings:
    growth = _GROWTH[site]
    width_mm, height_mm = (side * settings.um_per_px / 1000.0 for side in settings.size_px)
    across_mm = float(np.hypot(width_mm, height_mm)) / 2
    turned_mm = across_mm * float(np.sin(np.deg2rad(_PLACING_DEG + _HOLDING_DEG)))
    farther_mm = 0.0 if settings.optics == "ideal" else _SEEN_FARTHER * across_mm
    return phantom.ScalpSettings(
        hair_density_per_cm2=settings.hair_density_per_cm2 * growth.density,
        vellus_share=growth.vellus_share,
        hair_colour=settings.hair_colour,
        skin_type=settings.skin_type,
        size_mm=(width_mm, height_mm),
        margin_mm=_PLACING_MM + _HOLDING_MM + turned_mm + farther_mm + _LONGEST_HAIR_MM,
    )

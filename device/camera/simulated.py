"""A camera over a drawn scalp: every hair of it is known, and can be written beside each still.

The world before this camera follows from the settings' seed alone. Each patient's site has its own scalp, the same at
every visit; from visit to visit the camera is put down a little elsewhere and the skin has been washed.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import Counter
from types import TracebackType
from typing import NamedTuple, Self

import cv2
import numpy as np

import phantom
from contract import Site
from device.camera.errors import CameraClosed, CaptureFailed, SettingsRefused
from device.camera.protocol import Aim, CameraDescription, Frame, FrameMetadata, Picture, Still
from device.camera.settings import SimulatedSettings

_PREVIEW_WIDTH_PX = 640
#: Largest error of putting the camera down again at a visit, and of holding it still within one.
_PLACING_MM, _PLACING_DEG = 0.8, 6.0
_HOLDING_MM, _HOLDING_DEG = 0.05, 0.3
_LONGEST_HAIR_MM = 1.3
#: The card that lies before the camera when it is not on a head.
_CARD_GREY, _CARD_NOISE = 200.0, 1.5


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


class SimulatedCamera:
    """A camera that photographs phantoms.

    Parameters
    ----------
    settings
        The world and the optics.
    """

    def __init__(self, settings: SimulatedSettings) -> None:
        self._settings = settings
        self._optics: phantom.Optics | None = None
        self._scalps: dict[tuple[str, Site], phantom.Scalp] = {}
        self._stills_taken: Counter[Aim | None] = Counter()
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        """Check that the world can be drawn, and make the folder for the truth.

        Raises
        ------
        SettingsRefused
        """
        settings = self._settings
        try:
            self._optics = phantom.Optics(um_per_px=settings.um_per_px, size_px=settings.size_px)
            _smaller(self._optics)
            for site in Site:
                self._scalp_settings(site)
            if settings.truth_folder is not None:
                settings.truth_folder.mkdir(parents=True, exist_ok=True)
        except (phantom.SettingError, OSError) as error:
            self._optics = None
            raise SettingsRefused(
                f"The simulated camera cannot be set up ({error})", "Correct this under [camera]"
            ) from error
        self._stills_taken.clear()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Forget the heads; they can be grown again."""
        self._optics = None
        self._scalps.clear()

    def describe(self) -> CameraDescription:
        """Say that this is a simulation.

        Raises
        ------
        CameraClosed
        """
        self._open_optics()
        return CameraDescription(model="simulated", identity=f"seed {self._settings.seed}", simulated=True)

    def preview(self, aim: Aim | None) -> Frame:
        """Return a small frame of the place aimed at.

        Raises
        ------
        CameraClosed
        """
        optics = _smaller(self._open_optics())
        with self._turn:
            picture = _card(optics, 0) if aim is None else self._photograph(aim, optics, still_number=0).picture
        return Frame(picture, _metadata(), aim)

    def still(self, aim: Aim | None) -> Still:
        """Photograph the place aimed at, and write its truth where that is wanted.

        The n-th still of an aim is the same whenever the camera is opened anew.

        Raises
        ------
        CameraClosed
        CaptureFailed
            When the truth cannot be written.
        """
        optics = self._open_optics()
        with self._turn:
            self._stills_taken[aim] += 1
            still_number = self._stills_taken[aim]
            if aim is None:
                return Still(_card(optics, still_number), _metadata(), aim)
            taken = self._photograph(aim, optics, still_number)
            self._write_truth(aim, still_number, taken)
        return Still(taken.picture, _metadata(), aim)

    def _open_optics(self) -> phantom.Optics:
        if self._optics is None:
            raise CameraClosed(
                "The simulated camera is not open", "Use it inside `with open_camera(settings) as camera:`"
            )
        return self._optics

    def _photograph(self, aim: Aim, optics: phantom.Optics, still_number: int) -> phantom.Photograph:
        place = aim.patient_code, aim.site
        if place not in self._scalps:
            self._scalps[place] = phantom.grow(self._scalp_settings(aim.site), self._seed("scalp", *place))
        visit_seed = self._seed("visit", *place, aim.visit_number)
        still_seed = self._seed("still", *place, aim.visit_number, still_number)
        placing, holding = np.random.default_rng(visit_seed), np.random.default_rng(still_seed)
        x_mm, y_mm = placing.uniform(-_PLACING_MM, _PLACING_MM, 2) + holding.uniform(-_HOLDING_MM, _HOLDING_MM, 2)
        turn_deg = placing.uniform(-_PLACING_DEG, _PLACING_DEG) + holding.uniform(-_HOLDING_DEG, _HOLDING_DEG)
        pose = phantom.Pose(shift_mm=(float(x_mm), float(y_mm)), turn_deg=float(turn_deg))
        return phantom.photograph(phantom.wash(self._scalps[place], visit_seed), optics, pose=pose, seed=still_seed)

    def _scalp_settings(self, site: Site) -> phantom.ScalpSettings:
        settings, growth = self._settings, _GROWTH[site]
        width_mm, height_mm = (side * settings.um_per_px / 1000.0 for side in settings.size_px)
        turned_mm = float(np.hypot(width_mm, height_mm) / 2 * np.sin(np.deg2rad(_PLACING_DEG + _HOLDING_DEG)))
        return phantom.ScalpSettings(
            hair_density_per_cm2=settings.hair_density_per_cm2 * growth.density,
            vellus_share=growth.vellus_share,
            hair_colour=settings.hair_colour,
            skin_type=settings.skin_type,
            size_mm=(width_mm, height_mm),
            margin_mm=_PLACING_MM + _HOLDING_MM + turned_mm + _LONGEST_HAIR_MM,
        )

    def _seed(self, *of: object) -> int:
        """Return a seed that depends on the world's and on what it is for, the same in every process."""
        text = "/".join(str(part) for part in (self._settings.seed, *of))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])

    def _write_truth(self, aim: Aim, still_number: int, taken: phantom.Photograph) -> None:
        folder = self._settings.truth_folder
        if folder is None:
            return
        content = {
            "patient_code": aim.patient_code,
            "site": str(aim.site),
            "visit_number": aim.visit_number,
            "still_number": still_number,
            "pixels_sha256": hashlib.sha256(taken.picture.tobytes()).hexdigest(),
            "truth": taken.truth.as_dict(),
        }
        file = folder / f"{aim.patient_code}_{aim.site}_visit{aim.visit_number}_still{still_number}.json"
        try:
            file.write_text(json.dumps(content), encoding="utf-8")
        except OSError as error:
            raise CaptureFailed(
                f"The truth of a simulated still cannot be written ({error})", "Correct truth_folder under [camera]"
            ) from error


def _smaller(optics: phantom.Optics) -> phantom.Optics:
    """Return the optics of the preview."""
    width, height = optics.size_px
    shrink = min(1.0, _PREVIEW_WIDTH_PX / width)
    size_px = round(width * shrink), round(height * shrink)
    return phantom.Optics(um_per_px=optics.um_per_px / shrink, size_px=size_px)


def _card(optics: phantom.Optics, seed: int) -> Picture:
    """Return a grey card under the optics' fall of light towards the corners."""
    width, height = optics.size_px
    x, y = np.meshgrid(np.arange(width) - (width - 1) / 2, np.arange(height) - (height - 1) / 2)
    light = 1.0 - optics.vignette * (x**2 + y**2) / (width**2 + height**2) * 4
    noise = np.random.default_rng(seed).normal(0.0, _CARD_NOISE, (height, width))
    grey = np.clip(_CARD_GREY * light + noise, 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)


def _metadata() -> FrameMetadata:
    """Return the time alone: nothing was exposed, and no figure is made up for it."""
    return FrameMetadata(sensor_timestamp_ns=time.clock_gettime_ns(time.CLOCK_BOOTTIME))

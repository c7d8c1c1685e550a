"""A camera over a drawn world: every hair of it is known, and can be written beside each still.

The world before this camera, its lens included, follows from the settings' seed alone.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import NamedTuple, Self

import phantom
from device.camera.errors import CameraClosed, CaptureFailed, DngUnavailable, RawUnavailable, SettingsRefused
from device.camera.protocol import (
    Aim,
    CameraDescription,
    Frame,
    FrameMetadata,
    HeldTo,
    Picture,
    RawStill,
    Still,
    StillSettings,
    TargetAim,
)
from device.camera.settings import SimulatedSettings
from device.camera.simulated.heads import Heads
from device.camera.simulated.lens import Lens, as_a_scalp_is_seen, lens_of, optics_of, refuse_beyond, usual_of
from device.camera.simulated.targets import photograph_kind
from phantom.targets.plane import BLACK_LEVEL, WHITE_LEVEL, TargetPhotograph

_PREVIEW_NUMBER = 0


class _World(NamedTuple):
    """What lies before the camera, and through what it is seen."""

    heads: Heads
    lens: Lens


class SimulatedCamera:
    """A camera that photographs phantoms.

    Parameters
    ----------
    settings
        The world and the optics.
    usual
        Settings that were calibrated, in place of the simulated camera's own.
    """

    def __init__(self, settings: SimulatedSettings, usual: StillSettings | None = None) -> None:
        self._settings = settings
        self._usual = usual if usual is not None else usual_of(settings)
        self._world: _World | None = None
        self._stills_taken: Counter[HeldTo | None] = Counter()
        self._previewed: tuple[HeldTo | None, Picture] | None = None
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        """Check that the world can be drawn, and make the folder for the truth.

        Raises
        ------
        SettingsRefused
        """
        settings = self._settings
        refuse_beyond(self._usual, settings)
        try:
            lens = lens_of(settings)
            for width_px in (settings.size_px[0], settings.preview_width_px):
                optics_of(settings, lens, self._usual, width_px)
            world = _World(Heads(settings), lens)
            if settings.truth_folder is not None:
                settings.truth_folder.mkdir(parents=True, exist_ok=True)
        except (phantom.SettingError, OSError) as error:
            raise SettingsRefused(
                f"The simulated camera cannot be set up ({error})", "Correct this under [camera]"
            ) from error
        self._world = world
        self._stills_taken.clear()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Forget the world; it can be made again."""
        self._world = self._previewed = None

    @property
    def usual(self) -> StillSettings:
        """What a still is taken with unless something else is asked for."""
        return self._usual

    def describe(self) -> CameraDescription:
        """Say that this is a simulation.

        Raises
        ------
        CameraClosed
        """
        self._open_world()
        return CameraDescription(model="simulated", identity=f"seed {self._settings.seed}", simulated=True)

    def preview(self, aim: HeldTo | None) -> Frame:
        """Return a small frame of what the camera is held to. It is drawn once for as long as that stays the same.

        Raises
        ------
        CameraClosed
        """
        world = self._open_world()
        with self._turn:
            if self._previewed is None or self._previewed[0] != aim:
                taken = self._photograph(world, aim, self._usual, _PREVIEW_NUMBER, self._settings.preview_width_px)
                self._previewed = aim, taken.picture
            picture = self._previewed[1].copy()
        return Frame(picture, _metadata(self._usual), aim)

    def still(self, aim: HeldTo | None, asked: StillSettings | None = None) -> Still:
        """Photograph what the camera is held to, and write a scalp's truth where that is wanted.

        The n-th still of an aim is the same whenever the camera is opened anew.

        Raises
        ------
        CameraClosed, SettingsRefused
        CaptureFailed
            When the truth cannot be written.
        """
        return self._take_still(aim, asked or self._usual)

    def burst(self, aim: HeldTo | None, asked: Sequence[StillSettings]) -> tuple[Still, ...]:
        """Photograph once for each of the settings.

        Raises
        ------
        CameraClosed, SettingsRefused, CaptureFailed
        """
        for each in asked:
            refuse_beyond(each, self._settings)
        if not asked:
            raise SettingsRefused("A burst of no stills was asked for", "Ask for one still at least")
        return tuple(self._take_still(aim, each) for each in asked)

    def raw(self, aim: HeldTo | None, asked: StillSettings | None = None) -> RawStill:
        """Photograph a target as the sensor reads it. Scalps have no raw values: they are drawn as they are displayed.

        Raises
        ------
        CameraClosed, SettingsRefused, RawUnavailable
        """
        settings = asked or self._usual
        taken, _ = self._take(aim, settings)
        if not isinstance(taken, TargetPhotograph):
            raise RawUnavailable(
                "The simulated camera has no raw values of a head", "Hold it to a calibration target, or to nothing"
            )
        return RawStill(taken.raw, float(BLACK_LEVEL), float(WHITE_LEVEL), "RGGB", _metadata(settings), aim)

    def dng(self, aim: HeldTo | None, asked: StillSettings | None = None) -> bytes:
        """Refuse: a drawing is nothing that another program should develop.

        Raises
        ------
        CameraClosed, DngUnavailable
        """
        del aim, asked
        self._open_world()
        raise DngUnavailable("The simulated camera writes no DNG files", "Take them with a real camera")

    def _open_world(self) -> _World:
        if self._world is None:
            raise CameraClosed(
                "The simulated camera is not open", "Use it inside `with open_camera(settings) as camera:`"
            )
        return self._world

    def _take_still(self, aim: HeldTo | None, asked: StillSettings) -> Still:
        taken, still_number = self._take(aim, asked)
        if isinstance(aim, Aim) and isinstance(taken, phantom.Photograph):
            self._write_truth(aim, still_number, taken)
        return Still(taken.picture, _metadata(asked), aim)

    def _take(self, aim: HeldTo | None, asked: StillSettings) -> tuple[phantom.Photograph | TargetPhotograph, int]:
        """Photograph at full size, and say which still of its aim this is."""
        world = self._open_world()
        refuse_beyond(asked, self._settings)
        with self._turn:
            self._stills_taken[aim] += 1
            still_number = self._stills_taken[aim]
            return self._photograph(world, aim, asked, still_number, self._settings.size_px[0]), still_number

    def _photograph(
        self, world: _World, aim: HeldTo | None, asked: StillSettings, still_number: int, width_px: int
    ) -> phantom.Photograph | TargetPhotograph:
        optics = optics_of(self._settings, world.lens, asked, width_px)
        if isinstance(aim, Aim):
            seen, light = as_a_scalp_is_seen(optics, world.lens, asked)
            return world.heads.photograph(aim, still_number, seen, world.lens, light)
        kind = aim.target if isinstance(aim, TargetAim) else None
        try:
            return photograph_kind(
                kind, optics, world.lens, asked, world=self._settings.seed, still_number=still_number
            )
        except phantom.SettingError as error:
            raise CaptureFailed(
                f"The simulated camera cannot draw the target {kind} ({error})", "Use another target"
            ) from error

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


def _metadata(shown: StillSettings) -> FrameMetadata:
    """Return the time, and the settings that the picture was drawn with."""
    return FrameMetadata(
        exposure_us=shown.exposure_us,
        analogue_gain=shown.analogue_gain,
        digital_gain=1.0,
        colour_gains=shown.colour_gains,
        lens_position_dioptres=shown.lens_position_dioptres,
        sensor_timestamp_ns=time.clock_gettime_ns(time.CLOCK_BOOTTIME),
    )

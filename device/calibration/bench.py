"""What the steps of a calibration work with: the camera before a target, the lights, and what is known so far."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from device import picture_file
from device.calibration.certificate import Certificate
from device.calibration.record import Input, Results
from device.calibration.step_names import StepName
from device.camera import Camera, RawStill, Still, StillSettings, TargetAim, TargetKind
from device.lights import Light, Lights, Ring
from device.picture_file import PictureUnreadable
from groundwork.durable_file import write_durably

Picture = NDArray[np.uint8]
Certified = TypeVar("Certified", bound=Certificate)


class StepRefused(Exception):
    """A step cannot be done here; the message says why and what to do."""


class CalibrationStopped(Exception):
    """The person stopped the calibration; the old one stays in force."""


@dataclass(eq=False)
class Bench:
    """One step's hands: it takes pictures and remembers which.

    Parameters
    ----------
    step
        That is being done.
    camera, lights
        Open.
    light
        That is lit unless a step asks for another.
    certificates
        Of the targets at hand.
    results
        Of the steps before.
    pictures_folder
        Where pictures that are worth keeping go.
    nominal_um_per_px, distance_mm
        Of the lens, as the settings say.
    say
        Takes a line of progress.
    stop
        Set, the calibration ends before the next picture.
    """

    step: StepName
    camera: Camera
    lights: Lights
    light: Light
    certificates: tuple[Certificate, ...]
    results: Results
    pictures_folder: Path
    nominal_um_per_px: float
    distance_mm: float | None
    say: Callable[[str], None]
    stop: threading.Event
    inputs: list[Input] = field(default_factory=list)

    @property
    def lights_there(self) -> tuple[Light, ...]:
        """The rings, or the light as it is on an instrument that drives none."""
        return self.lights.rings or ("as-it-is",)

    @property
    def settings(self) -> StillSettings | None:
        """What a still is taken with: as the steps before found it, else the camera's usual."""
        return self.results.asked(self.camera.usual)

    def exposed(self, settings: StillSettings, exposure_us: float) -> StillSettings:
        """Give settings with another exposure, the nearest to it in which the light leaves no bands."""
        ring = self.light if isinstance(self.light, Ring) else None
        return replace(settings, exposure_us=self.lights.without_bands_us(ring, max(1, round(exposure_us))))

    def certificate(self, kind: type[Certified]) -> Certified:
        """Return the certificate of a kind of target.

        Raises
        ------
        StepRefused
            If none was given.
        """
        for certificate in self.certificates:
            if isinstance(certificate, kind):
                return certificate
        name = kind.model_fields["kind"].default
        raise StepRefused(
            f"This step needs a target of kind {name}, and no certificate of one was given: name its file with"
            " --target, or leave the step out and say why."
        )

    def still(
        self,
        target: TargetKind,
        settings: StillSettings | None = None,
        *,
        light: Light | None = None,
        keep: bool = False,
    ) -> Still:
        """Take a still of a target.

        Parameters
        ----------
        target
            That lies before the camera; for `TargetKind.DARK` every light is off.
        settings
            Other than those found so far.
        light
            Other than the usual.
        keep
            Keep the picture with the calibration.

        Raises
        ------
        CalibrationStopped
        device.camera.CameraError
        device.lights.LightsError
        """
        light = light or self.light
        with self._lit(target, light):
            still = self.camera.still(TargetAim(target), settings or self.settings)
        self._remember(still, light, keep=keep)
        return still

    def raw(self, target: TargetKind, settings: StillSettings | None = None) -> RawStill:
        """Take what the sensor reads of a target; see `still`.

        Raises
        ------
        device.camera.RawUnavailable
            Where the camera has none.
        """
        with self._lit(target, self.light):
            raw = self.camera.raw(TargetAim(target), settings or self.settings)
        self._remember(raw, self.light, keep=False)
        return raw

    def kept(self, step: StepName) -> Picture | None:
        """Return the picture that an earlier step kept, None where there is none."""
        return next((self._read(one) for one in reversed(self.inputs) if one.step is step and one.kept), None)

    def _lit(self, target: TargetKind, light: Light) -> AbstractContextManager[None]:
        if self.stop.is_set():
            raise CalibrationStopped("The calibration was stopped. The one before stays in force.")
        ring = light if isinstance(light, Ring) and target is not TargetKind.DARK else None
        return self.lights.lit(ring)

    def _remember(self, taken: Still | RawStill, light: Light, *, keep: bool) -> None:
        pixels = taken.picture if isinstance(taken, Still) else taken.mosaic
        digest = hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()
        if keep:
            self._write(pixels, digest)
        self.inputs.append(
            Input(
                step=self.step,
                pixels_sha256=digest,
                kept=keep,
                light=light,
                exposure_us=taken.metadata.exposure_us,
                analogue_gain=taken.metadata.analogue_gain,
                lens_position_dioptres=taken.metadata.lens_position_dioptres,
            )
        )

    def _write(self, pixels: NDArray[np.uint8] | NDArray[np.uint16], digest: str) -> None:
        file = self.pictures_folder / f"{digest}.png"
        if file.exists():
            return
        try:
            self.pictures_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_durably(file, picture_file.encode(pixels, "png"), mode=0o600)
        except OSError as error:
            raise StepRefused(
                f"The picture of this step cannot be kept ({error}). Free space on the disk of {self.pictures_folder},"
                " then take the step again."
            ) from error

    def _read(self, kept: Input) -> Picture:
        try:
            return picture_file.read(self.pictures_folder / f"{kept.pixels_sha256}.png").astype(np.uint8, copy=False)
        except PictureUnreadable as error:
            raise StepRefused(f"{error} Take the {kept.step} step again.") from error

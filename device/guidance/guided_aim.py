"""From a site's baseline, the instrument's own or the clinic's, to guidance for each preview frame."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from analysis import measurement_file
from analysis.guidance import Guidance, Guide, ghost, sentence
from analysis.measurement import Measurement
from device.baseline import Found, find_baseline
from device.camera.protocol import Aim, Picture
from device.foreseen import FORESEEN
from device.settings import DeviceSettings
from device.store import Store


@dataclass(eq=False)
class GuidedAim:
    """Guidance to one site, for one thread; it holds what the last frame showed.

    Parameters
    ----------
    measurement
        Of the baseline; None where there is none.
    mark_px
        The baseline's mark, in its own pixels.
    without
        Why there is no baseline, in a sentence; None where there is one.
    trouble
        Why the last frame could not be looked at, in a sentence; None while all is well.
    """

    measurement: Measurement | None
    mark_px: tuple[float, float] | None = None
    without: str | None = None
    trouble: str | None = None
    _guides: dict[tuple[int, float], Guide] = field(default_factory=dict)

    def look(self, frame: Picture, um_per_px: float) -> Guidance | None:
        """Say where the camera has to go; None without a baseline.

        Parameters
        ----------
        frame
            Of the preview.
        um_per_px
            About its scale.
        """
        if self.measurement is None:
            return None
        guide = self._guides.get(at := (frame.shape[1], um_per_px))
        if guide is None:
            # another width is another stream: what the last one showed is of no use
            guide = Guide(self.measurement, preview_um_per_px=um_per_px)
            self._guides = {at: guide}
        return guide.look(frame)

    def words(self, guidance: Guidance | None) -> str:
        """Give the sentence for the technician."""
        if guidance is None:
            return self.trouble or self.without or ""
        return sentence(guidance)

    def ghost(self, size_px: tuple[int, int], um_per_px: float, guidance: Guidance | None = None) -> Picture | None:
        """Draw the baseline's hairs for the live picture: where they will be, or with a guidance where they are now.

        Parameters
        ----------
        size_px
            Width and height of the live picture as shown.
        um_per_px
            Its scale.
        guidance
            Of the frame that is shown.

        Returns
        -------
        ndarray of uint8, shape (rows, columns, 4), or None
            B, G, R and opacity; None without a baseline.
        """
        if self.measurement is None:
            return None
        placement = None if guidance is None else guidance.placement
        return ghost(self.measurement, size_px, um_per_px, placement, mark_px=self.mark_px)


def guided_aim(settings: DeviceSettings, store: Store, aim: Aim) -> GuidedAim:
    """Find the baseline of what the camera is aimed at.

    Raises
    ------
    device.store.StoreUnusable
    """
    outcome = find_baseline(settings, store, aim.patient_code, aim.site, aim.visit_number, with_picture=False)
    if not isinstance(outcome, Found):
        return GuidedAim(None, without=outcome.reason)
    travelled = outcome.baseline.capture.measurement
    return GuidedAim(measurement_file.read(travelled.model_dump(mode="json")), travelled.mark_px)


def baseline_of_aim(
    settings: DeviceSettings, open_store: Callable[[], AbstractContextManager[Store]], aim: Aim
) -> GuidedAim:
    """Find the baseline; where the store cannot be read, that is why there is none."""
    try:
        with open_store() as store:
            return guided_aim(settings, store, aim)
    except FORESEEN as error:
        return GuidedAim(None, without=str(error))

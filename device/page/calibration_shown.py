"""What is shown of a calibration: its figures, and in figures what a target is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from device.calibration.certificate import (
    Certificate,
    Charuco,
    ColourChart,
    DotGrid,
    SlantedEdge,
    StageMicrometer,
    WhiteCard,
)
from device.calibration.record import Results
from device.page.language import Language


@dataclass(frozen=True)
class Figures:
    """What results say, as they are shown.

    Parameters
    ----------
    um_per_px, um_per_px_sd
        Scale and its standard uncertainty; None as long as it is not measured, as is what stands on it.
    tilt_deg, residual_um, distortion
        Of the geometry; the distortion as a share.
    blur_um
        Least and greatest sigma over the field.
    """

    um_per_px: float | None
    um_per_px_sd: float | None
    tilt_deg: float | None
    residual_um: float | None
    distortion: float | None
    blur_um: tuple[float, float] | None

    @classmethod
    def of(cls, results: Results) -> Figures:
        """Read them from the results of a record, or of a calibration on its way."""
        geometry, blur = results.geometry, results.blur
        if geometry is None:
            return cls(None, None, None, None, None, None)
        sigma_um = None if blur is None else blur.grid() * blur.um_per_px
        return cls(
            um_per_px=geometry.um_per_px,
            um_per_px_sd=geometry.um_per_px_sd,
            tilt_deg=None if geometry.tilt is None else geometry.tilt.total_deg,
            residual_um=geometry.residual_rms_um,
            distortion=None if geometry.scale_only else geometry.k1,
            blur_um=None if sigma_um is None else (float(sigma_um.min()), float(sigma_um.max())),
        )


def facts(certificate: Certificate, language: Language) -> str:
    """Say in figures what a target is."""
    match certificate:
        case DotGrid():
            pitch_um, sd_um = certificate.pitch_um, certificate.pitch_sd_um
        case Charuco():
            pitch_um, sd_um = certificate.square_um, certificate.square_sd_um
        case StageMicrometer():
            pitch_um, sd_um = certificate.division_um, certificate.division_sd_um
        case SlantedEdge():
            return f"{language.number(certificate.pitch_um)} µm"
        case ColourChart():
            return language.words("{count} patches").format(count=len(certificate.patches_lab))
        case WhiteCard():
            return ""
        case _:
            assert_never(certificate)
    return f"{language.number(pitch_um, 1)} ± {language.number(sd_um, 2)} µm"

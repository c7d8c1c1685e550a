"""The simulated camera's lens and sensor: what it does to a picture, and what exposure, gain and focus change.

With ideal optics the scale is the one of the settings and nothing is bent, so that a picture can be measured without a
calibration. With a lens, each world has one of its own: a scale off the nominal one, distortion, tilt, a blur that
grows outwards, light that falls off and leans to one side, a best focus beside the usual one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

import phantom
from device.camera.errors import SettingsRefused
from device.camera.protocol import StillSettings
from device.camera.settings import SimulatedSettings
from device.camera.simulated.chance import seed_of

#: From the entrance pupil to what is seen.
DISTANCE_MM = 40.0
#: Under these a white card comes out at 0.8 of saturation, and white.
_EXPOSURE_US = 10_000
_COLOUR_GAINS = (1.8, 2.0)
_FOCUS_DIOPTRES = 8.0
#: Sigma of the blur that a dioptre off the best focus adds.
_DEFOCUS_PX_PER_DIOPTRE = 1.5
_MOST_BLUR_PX = 20.0
_BRIGHTEST = 10.0
#: Display coding is close to this power. With ideal optics scalps are drawn as they are displayed, without light.
_DISPLAY_GAMMA = 2.2
#: A sensor's noise in the dark, in values of 0 to 255 of linear light: 3 electrons of 9000.
_READ_NOISE = 0.085
_LIMITS = {"exposure_us": (100, 1_000_000), "analogue_gain": (1.0, 16.0), "lens_position_dioptres": (0.0, 32.0)}


@dataclass(frozen=True)
class Lens:
    """What is wrong with the optics, as any lens and mount have it.

    Parameters
    ----------
    scale : float
        True scale over the nominal one.
    k1 : float
        Radial distortion, as `phantom.Optics` has it.
    tilt_deg : (float, float)
        Of the plane of contact, as `phantom.Pose` has it.
    blur_growth : float
        Share by which blur is larger in the corners; of targets only, scalps are blurred evenly.
    vignette : float
        Share of light lost in the corners.
    light_gradient : (float, float)
        How the light leans, as `phantom.Light` has it.
    focus_dioptres : float
        Lens position of the sharpest picture.
    """

    scale: float = 1.0
    k1: float = 0.0
    tilt_deg: tuple[float, float] = (0.0, 0.0)
    blur_growth: float = 0.0
    vignette: float = 0.12
    light_gradient: tuple[float, float] = (0.0, 0.0)
    focus_dioptres: float = _FOCUS_DIOPTRES


def lens_of(settings: SimulatedSettings) -> Lens:
    """Return the world's lens."""
    if settings.optics == "ideal":
        return Lens()
    rng = np.random.default_rng(seed_of(settings.seed, "lens"))
    tilt_x, tilt_y = rng.choice((-1.0, 1.0), 2) * rng.uniform(0.3, 1.2, 2)
    lean_x, lean_y = rng.uniform(-0.05, 0.05, 2)
    return Lens(
        scale=1.0 + float(rng.choice((-1.0, 1.0)) * rng.uniform(0.005, 0.02)),
        k1=float(rng.choice((-1.0, 1.0)) * rng.uniform(0.006, 0.02)),
        tilt_deg=(float(tilt_x), float(tilt_y)),
        blur_growth=float(rng.uniform(0.05, 0.12)),
        vignette=float(rng.uniform(0.10, 0.20)),
        light_gradient=(float(lean_x), float(lean_y)),
        focus_dioptres=_FOCUS_DIOPTRES + float(rng.uniform(-0.3, 0.3)),
    )


def usual_of(settings: SimulatedSettings) -> StillSettings:
    """Return the settings of a still while none were calibrated."""
    return StillSettings(
        size_px=settings.size_px,
        exposure_us=_EXPOSURE_US,
        analogue_gain=1.0,
        colour_gains=_COLOUR_GAINS,
        lens_position_dioptres=_FOCUS_DIOPTRES,
    )


def refuse_beyond(asked: StillSettings, settings: SimulatedSettings) -> None:
    """Refuse what this camera does not do.

    Raises
    ------
    SettingsRefused
    """
    if asked.size_px != settings.size_px:
        raise SettingsRefused(
            f"A still of {asked.size_px[0]} x {asked.size_px[1]} is asked of a camera that is set up for "
            f"{settings.size_px[0]} x {settings.size_px[1]}",
            "Give size_px under [camera], or calibrate at the size that is there",
        )
    for setting, (least, greatest) in _LIMITS.items():
        value = getattr(asked, setting)
        if value is None:
            raise SettingsRefused(
                "The simulated camera's lens moves, and it was not said where it should stand",
                "Give lens_position_dioptres",
            )
        if not least <= value <= greatest:
            raise SettingsRefused(
                f"{setting} is {value}, and the simulated camera goes from {least:g} to {greatest:g}",
                f"Correct {setting} where it was asked for",
            )
    if not all(0.2 <= gain <= 4.0 for gain in asked.colour_gains):
        raise SettingsRefused(
            f"colour_gains is {asked.colour_gains}, and the simulated camera goes from 0.2 to 4",
            "Correct colour_gains where it was asked for",
        )


def optics_of(settings: SimulatedSettings, lens: Lens, asked: StillSettings, width_px: int) -> phantom.Optics:
    """Return the optics of a picture without its colours.

    Parameters
    ----------
    settings, lens
        The world's.
    asked
        In force; its gain amplifies the noise, its lens position blurs.
    width_px
        Of the picture; it shows the whole field whatever its width.

    Raises
    ------
    phantom.SettingError
        For optics that cannot be drawn.
    """
    width, height = settings.size_px
    shrink = min(1.0, width_px / width)
    ideal = phantom.Optics(um_per_px=settings.um_per_px * lens.scale / shrink)
    off_dioptres = (asked.lens_position_dioptres or 0.0) - lens.focus_dioptres
    sigma_px = float(np.hypot(ideal.blur_sigma_px, _DEFOCUS_PX_PER_DIOPTRE * off_dioptres * shrink))
    return replace(
        ideal,
        size_px=(round(width * shrink), round(height * shrink)),
        k1=lens.k1,
        vignette=lens.vignette,
        blur_sigma_px=min(sigma_px, _MOST_BLUR_PX),
        full_well_e=ideal.full_well_e / asked.analogue_gain,
        read_noise=ideal.read_noise * asked.analogue_gain,
        distance_mm=DISTANCE_MM,
        linear_light=settings.optics == "lens",
    )


def as_a_target_is_seen(
    optics: phantom.Optics, lens: Lens, asked: StillSettings
) -> tuple[phantom.Optics, phantom.Light]:
    """Return optics and light for a target: in linear light, the lamp's colour made up for by the gains."""
    red, blue = asked.colour_gains
    light = phantom.Light(
        level=min(_brightness(asked), _BRIGHTEST),
        tint=(1.0 / _COLOUR_GAINS[1], 1.0, 1.0 / _COLOUR_GAINS[0]),
        gradient=lens.light_gradient,
    )
    return replace(optics, colour_gains=(blue, 1.0, red), read_noise=_READ_NOISE * asked.analogue_gain), light


def as_a_scalp_is_seen(
    optics: phantom.Optics, lens: Lens, asked: StillSettings
) -> tuple[phantom.Optics, phantom.Light]:
    """Return optics and light for a scalp: in linear light with a lens, and as it is displayed with ideal optics."""
    red, blue = (gain / usual for gain, usual in zip(asked.colour_gains, _COLOUR_GAINS, strict=True))
    level, gains = _brightness(asked), (blue, 1.0, red)
    if optics.linear_light:
        optics = replace(optics, read_noise=_READ_NOISE * asked.analogue_gain)
    else:
        level, gains = _displayed(level), (_displayed(blue), 1.0, _displayed(red))
    light = phantom.Light(level=min(level, _BRIGHTEST), gradient=lens.light_gradient)
    return replace(optics, colour_gains=gains), light


def _brightness(asked: StillSettings) -> float:
    """Light in the picture over the light of the usual settings."""
    return asked.exposure_us * asked.analogue_gain / _EXPOSURE_US


def _displayed(light: float) -> float:
    return float(light ** (1.0 / _DISPLAY_GAMMA))

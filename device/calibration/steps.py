"""The steps of a calibration: what a person does for each, what it needs, and what it gives.

Page and command line show the same words and run the same steps; a step knows nothing of either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from device.calibration.bench import Bench, StepRefused
from device.calibration.blur import measure_blur
from device.calibration.certificate import ColourChart, SlantedEdge
from device.calibration.colour import measure_colour, white_gains
from device.calibration.correction import correction_of, evener_of, linearise_of
from device.calibration.dark import measure_dark
from device.calibration.exposure import ExposureLimits, find_exposure
from device.calibration.flat_field import measure_flat_field
from device.calibration.focus import FocusPoint, find_focus, sharpness_of
from device.calibration.reference import look_at, scale_target
from device.calibration.response import Exposed, measure_response
from device.calibration.step_names import StepName
from device.camera import StillSettings, TargetKind

_SWEEP_DIOPTRES = {"wide": 2.0, "near": 0.4}
"""To both sides of where the lens stands: first to find the focus at all, then to place it."""
_SWEEP_POSITIONS = 9
_EXPOSURE_SHARES = (0.3, 0.45, 0.65)
"""Of the usual exposure: where raw values are read; a usual one that saturates is found all the same."""
_EXPOSURE_LIMITS = ExposureLimits(shortest_us=100, longest_us=40_000)
"""Longer, and a hand's tremor blurs the picture; shorter, and rows flicker with the lights."""
_RESPONSE_RATIOS = np.geomspace(0.04, 1.25, 14)
"""Of the exposure that was found: from the dark to where white begins to clip."""


@dataclass(frozen=True)
class Given:
    """What a step gave: fields of `device.calibration.record.Results`, and the same in a sentence."""

    results: Mapping[str, Any]
    sentence: str


@dataclass(frozen=True)
class Step:
    """One step.

    Parameters
    ----------
    name
        What it is called.
    title, instruction
        For the person: a heading, and what to do before it runs.
    gives
        Fields of the results that it fills.
    optional
        Whether a calibration may do without.
    run
        Takes its pictures and gives the results.
    """

    name: StepName
    title: str
    instruction: str
    gives: tuple[str, ...]
    optional: bool
    run: Callable[[Bench], Given]


def _focus(bench: Bench) -> Given:
    settings = _settings(bench, "focus")
    if settings.lens_position_dioptres is None:
        raise StepRefused("This camera's lens does not move: leave the focus step out, and focus by hand.")
    position, curve = settings.lens_position_dioptres, []
    for name, reach in _SWEEP_DIOPTRES.items():
        for tried in np.linspace(max(0.0, position - reach), position + reach, _SWEEP_POSITIONS):
            bench.say(f"focus, {name} sweep: {tried:.2f} dioptres")
            still = bench.still(TargetKind.SLANTED_EDGE, replace(settings, lens_position_dioptres=float(tried)))
            curve.append(FocusPoint(position_dioptres=float(tried), sharpness=sharpness_of(still.picture)))
        position = find_focus(curve).position_dioptres
    found = find_focus(curve)
    return Given(
        {"focus": found}, f"Sharpest at {found.position_dioptres:.2f} dioptres (+- {found.position_sd_dioptres:.2f})."
    )


def _exposure(bench: Bench) -> Given:
    settings = _settings(bench, "exposure")
    raws = []
    for share in _EXPOSURE_SHARES:
        asked = bench.exposed(settings, share * settings.exposure_us)
        bench.say(f"exposure: raw values at {asked.exposure_us / 1000:.2f} ms")
        raws.append(bench.raw(TargetKind.WHITE_CARD, asked))
    found = find_exposure(raws, _EXPOSURE_LIMITS)
    found = found.model_copy(update={"exposure_us": bench.exposed(settings, found.exposure_us).exposure_us})
    gains = white_gains(raws[-1])
    return Given(
        {"exposure": found, "white_gains": gains},
        f"Exposure {found.exposure_us / 1000:.2f} ms holds white at {found.level:.0%} of what the sensor does; white"
        f" gains {gains.red:.2f} on red, {gains.blue:.2f} on blue.",
    )


def _dark(bench: Bench) -> Given:
    dark = measure_dark(bench.still(TargetKind.DARK, keep=True).picture)
    return Given({"dark": dark}, f"Dark, with {len(dark.hot_px)} hot pixels.")


def _response(bench: Bench) -> Given:
    settings = _settings(bench, "response")
    dark = bench.kept(StepName.DARK)
    if dark is None:
        raise StepRefused("The tone curve needs the dark picture: take the dark step first.")
    sweep = []
    for ratio in _RESPONSE_RATIOS:
        asked = bench.exposed(settings, ratio * settings.exposure_us)
        bench.say(f"tone curve: {asked.exposure_us / 1000:.2f} ms")
        still = bench.still(TargetKind.WHITE_CARD, asked)
        sweep.append(Exposed(_middle(still.picture), float(still.metadata.exposure_us or asked.exposure_us)))
    response = measure_response(sweep, dark)
    return Given(
        {"response": response, "dark": measure_dark(dark, response.linearise)},
        f"Tone curve from {response.steps} exposures, light known to {response.residual_rms:.1%}.",
    )


def _flat_field(bench: Bench) -> Given:
    results = bench.results
    fields = {}
    for light in bench.lights_there:
        bench.say(f"flat field: {light} light")
        still = bench.still(TargetKind.WHITE_CARD, light=light, keep=True)
        fields[light] = measure_flat_field(
            still.picture, str(light), dark=results.dark, linearise=linearise_of(results)
        )
    said = ", ".join(f"{light} {one.fall_off:.0%}" for light, one in fields.items())
    return Given({"flat_fields": fields}, f"Light falls off towards the corners by: {said}.")


def _colour(bench: Bench) -> Given:
    chart = bench.certificate(ColourChart)
    still = bench.still(TargetKind.COLOUR_CHART, keep=True)
    colour = measure_colour(
        still.picture, chart, linearise=linearise_of(bench.results), evener=evener_of(bench.results, bench.light)
    )
    return Given(
        {"colour": colour},
        f"Colours right to deltaE2000 {colour.mean_delta_e_2000:.1f} (mean), {colour.worst_delta_e_2000:.1f} (worst).",
    )


def _scale(bench: Bench) -> Given:
    certificate, kind = scale_target(bench.certificates)
    still = bench.still(kind, keep=True)
    seen = look_at(still.picture, certificate, bench.nominal_um_per_px, bench.distance_mm)
    geometry = seen.geometry
    tilt = "" if geometry.tilt is None else f", tilt {geometry.tilt.total_deg:.1f} degrees"
    sure = 100 * geometry.um_per_px_sd / geometry.um_per_px
    return Given(
        {"geometry": geometry, "reference": seen.reference},
        f"{geometry.um_per_px:.4f} um/px, sure to {sure:.3f} %{tilt}; points off by {geometry.residual_rms_um:.1f} um.",
    )


def _blur(bench: Bench) -> Given:
    edges = bench.certificate(SlantedEdge)
    still = bench.still(TargetKind.SLANTED_EDGE, keep=True)
    correction = correction_of(bench.results, bench.light)
    blur = measure_blur(correction.apply(still.picture), edges, correction.um_per_px)
    sigma = blur.grid() * correction.um_per_px
    return Given({"blur": blur}, f"Edges blurred by {sigma.min():.1f} to {sigma.max():.1f} um (sigma) over the field.")


def _settings(bench: Bench, step: str) -> StillSettings:
    settings = bench.settings
    if settings is None:
        raise StepRefused(f"This camera takes no settings, so the {step} step cannot be done: leave it out.")
    return settings


def _middle(picture: np.ndarray[Any, np.dtype[np.uint8]]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Cut out the middle half: of a sweep of 14 pictures nothing else is looked at."""
    rows, columns = picture.shape[:2]
    return picture[rows // 4 : rows - rows // 4, columns // 4 : columns - columns // 4].copy()


_WHITE_CARD = "Lay the clean white card so that it fills the picture."

STEPS: dict[StepName, Step] = {
    step.name: step
    for step in (
        Step(
            StepName.FOCUS,
            "Focus",
            "Lay the slanted-edge chart under the camera, as near as skin will be.",
            ("focus",),
            optional=True,
            run=_focus,
        ),
        Step(StepName.EXPOSURE, "Exposure", _WHITE_CARD, ("exposure", "white_gains"), optional=True, run=_exposure),
        Step(
            StepName.DARK,
            "Dark",
            "Cover the camera so that no light comes in; the instrument switches its own off.",
            ("dark",),
            optional=True,
            run=_dark,
        ),
        Step(StepName.RESPONSE, "Tone curve", _WHITE_CARD, ("response", "dark"), optional=True, run=_response),
        Step(StepName.FLAT_FIELD, "Even light", _WHITE_CARD, ("flat_fields",), optional=True, run=_flat_field),
        Step(
            StepName.COLOUR,
            "Colour",
            "Lay the colour chart upright, so that all of its patches are in view.",
            ("colour",),
            optional=True,
            run=_colour,
        ),
        Step(
            StepName.SCALE,
            "Scale",
            "Lay the scale target (dot grid, ChArUco board or stage micrometer) face up, so that it fills the picture.",
            ("geometry", "reference"),
            optional=False,
            run=_scale,
        ),
        Step(
            StepName.BLUR,
            "Blur",
            "Lay the slanted-edge chart so that it fills the picture.",
            ("blur",),
            optional=True,
            run=_blur,
        ),
    )
}

"""A measurement read back from its JSON form (:meth:`analysis.measurement.Measurement.as_dict`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from analysis.flags import Flag
from analysis.measurement import Hair, Interval, Measurement, UncountedLine

_WITH_POINTS = ("hairs", "uncounted", "flags")
_IN_EVERY = ("um_per_px", "picture_px", "frame_px", "area_cm2", "hair_density_per_cm2", "hairs")
_OLD_CUT_OFF_UM = 40.0
"""Of measurements that do not say theirs."""


class MeasurementUnreadable(ValueError):
    """The values are no measurement; the message says what is missing."""


def read(values: Mapping[str, Any]) -> Measurement:
    """Make a measurement of its JSON-ready values; fields that earlier releases lacked are None or empty.

    Parameters
    ----------
    values : mapping
        As :meth:`~analysis.measurement.Measurement.as_dict` gives them. A hair without ``course_px`` runs straight.

    Raises
    ------
    MeasurementUnreadable
        If a field is missing or of another kind.
    """
    missing = [name for name in _IN_EVERY if values.get(name) is None]
    if missing:
        raise MeasurementUnreadable(f"these are not a measurement's values: {', '.join(missing)} is missing")
    try:
        plain = {
            field.name: _value(values.get(field.name))
            for field in fields(Measurement)
            if field.name not in _WITH_POINTS
        }
        nothing = Interval(0.0, 0.0, 0.0)
        for name in ("terminal_density_per_cm2", "vellus_density_per_cm2", "unit_density_per_cm2"):
            plain[name] = plain[name] or nothing
        plain["cumulative_thickness_mm_per_cm2"] = plain["cumulative_thickness_mm_per_cm2"] or nothing
        plain["terminal_from_um"] = plain["terminal_from_um"] or _OLD_CUT_OFF_UM
        plain["hair_mode"] = plain["hair_mode"] or "clipped"
        for name in ("intermediate_hairs", "rootless_shafts"):
            plain[name] = plain[name] or 0
        plain["uncounted_cells"] = plain["uncounted_cells"] or ()
        return Measurement(
            **plain,
            hairs=tuple(_hair(hair) for hair in values["hairs"]),
            uncounted=tuple(_line(line) for line in values.get("uncounted") or ()),
            flags=tuple(Flag(flag) for flag in values.get("flags") or () if flag in set(Flag)),
        )
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise MeasurementUnreadable(f"these are not a measurement's values: {error}") from error


def _value(value: Any) -> Any:  # noqa: ANN401  JSON
    if isinstance(value, Mapping):
        return Interval(float(value["value"]), float(value["low"]), float(value["high"]))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(_value(one) for one in value)
    return value


def _hair(values: Mapping[str, Any]) -> Hair:
    course = values.get("course_px") or (values["root_px"], values["tip_px"])
    plain = {field.name: _value(values.get(field.name)) for field in fields(Hair) if field.name != "centreline_px"}
    return Hair(centreline_px=np.array(course, float).reshape(-1, 2), **plain)


def _line(values: Mapping[str, Any]) -> UncountedLine:
    course = np.array(values["line_px"], float).reshape(-1, 2)
    return UncountedLine(course, float(values["width_um"]), float(values["probability"]))

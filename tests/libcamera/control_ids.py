"""Controls and properties of the stand-in libcamera: the identifiers, types and enumerations that are in use here.

Numbers and types are those of libcamera 0.5 and later; a test compares them with a dump of the real bindings.
"""

from __future__ import annotations

import enum
import numbers
import types
from collections.abc import Sequence
from typing import cast

from tests.libcamera.geometry import Rectangle, Size


class ControlType(enum.Enum):
    """The type of a control's value."""

    Null = 0
    Bool = 1
    Byte = 2
    Integer32 = 3
    Integer64 = 4
    Float = 5
    String = 6
    Rectangle = 7
    Size = 8
    Point = 9


_PYTHON_TYPES: dict[ControlType, tuple[type, ...]] = {
    ControlType.Bool: (bool,),
    ControlType.Integer32: (numbers.Integral,),
    ControlType.Integer64: (numbers.Integral,),
    ControlType.Float: (numbers.Real,),
    ControlType.String: (str,),
    ControlType.Rectangle: (Rectangle,),
    ControlType.Size: (Size,),
}


class ControlId:
    """One control or property: name, number, and the type of its value."""

    def __init__(self, name: str, number: int, kind: ControlType) -> None:
        self.name = name
        self.id = number
        self.type = kind

    def __repr__(self) -> str:
        return f"libcamera.ControlId({self.id}, {self.name}, {self.type.name})"


class ControlInfo:
    """Least, greatest and default value of a control, as a camera advertises it."""

    def __init__(self, least: object, greatest: object, default: object) -> None:
        self.min = least
        self.max = greatest
        self.default = default
        self.values: list[object] = []


def require_type(control: ControlId, value: object) -> None:
    """Refuse a value that the bindings could not convert, as they do: a float for an integer control, for one.

    Raises
    ------
    RuntimeError
        When the value, or one of a sequence of values, has the wrong type.
    """
    values = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    if not all(isinstance(one, _PYTHON_TYPES[control.type]) for one in values):
        raise RuntimeError(f"Unable to cast {value!r} to the {control.type.name} of {control.name}")


_CONTROLS = {
    "AeEnable": (1, ControlType.Bool),
    "AeState": (2, ControlType.Integer32),
    "ExposureTime": (7, ControlType.Integer32),
    "ExposureTimeMode": (8, ControlType.Integer32),
    "AnalogueGain": (9, ControlType.Float),
    "AnalogueGainMode": (10, ControlType.Integer32),
    "Lux": (16, ControlType.Float),
    "AwbEnable": (17, ControlType.Bool),
    "ColourGains": (20, ControlType.Float),
    "ColourTemperature": (21, ControlType.Integer32),
    "SensorBlackLevels": (23, ControlType.Integer32),
    "Sharpness": (24, ControlType.Float),
    "FocusFoM": (25, ControlType.Integer32),
    "ColourCorrectionMatrix": (26, ControlType.Float),
    "ScalerCrop": (27, ControlType.Rectangle),
    "DigitalGain": (28, ControlType.Float),
    "FrameDuration": (29, ControlType.Integer64),
    "FrameDurationLimits": (30, ControlType.Integer64),
    "SensorTemperature": (31, ControlType.Float),
    "SensorTimestamp": (32, ControlType.Integer64),
    "AfMode": (33, ControlType.Integer32),
    "LensPosition": (40, ControlType.Float),
    "AfState": (41, ControlType.Integer32),
}
_DRAFT_CONTROLS = {"NoiseReductionMode": (10002, ControlType.Integer32)}
_PROPERTIES = {
    "Location": (1, ControlType.Integer32),
    "Rotation": (2, ControlType.Integer32),
    "Model": (3, ControlType.String),
    "PixelArraySize": (5, ControlType.Size),
}
_DRAFT_PROPERTIES = {"ColorFilterArrangement": (10001, ControlType.Integer32)}
_CONTROL_ENUMS = {
    "AeStateEnum": {"Idle": 0, "Searching": 1, "Converged": 2},
    "AfModeEnum": {"Manual": 0, "Auto": 1, "Continuous": 2},
    "AfStateEnum": {"Idle": 0, "Scanning": 1, "Focused": 2, "Failed": 3},
    "AnalogueGainModeEnum": {"Auto": 0, "Manual": 1},
    "ExposureTimeModeEnum": {"Auto": 0, "Manual": 1},
}
_DRAFT_CONTROL_ENUMS = {
    "NoiseReductionModeEnum": {"Off": 0, "Fast": 1, "HighQuality": 2, "Minimal": 3, "ZSL": 4},
}
_DRAFT_PROPERTY_ENUMS = {
    "ColorFilterArrangementEnum": {"RGGB": 0, "GRBG": 1, "GBRG": 2, "BGGR": 3, "RGB": 4, "MONO": 5},
}


def _ids(table: dict[str, tuple[int, ControlType]]) -> dict[str, ControlId]:
    return {name: ControlId(name, number, kind) for name, (number, kind) in table.items()}


def _int_enum(name: str, members: dict[str, int]) -> type[enum.IntEnum]:
    return cast("type[enum.IntEnum]", enum.IntEnum(name, members))


def _enums(table: dict[str, dict[str, int]]) -> dict[str, type[enum.IntEnum]]:
    return {name: _int_enum(name, members) for name, members in table.items()}


#: Every control by its name, those in draft too.
CONTROLS = _ids(_CONTROLS) | _ids(_DRAFT_CONTROLS)
#: Every property by its name, those in draft too.
PROPERTIES = _ids(_PROPERTIES) | _ids(_DRAFT_PROPERTIES)


def controls_module() -> types.ModuleType:
    """Make `libcamera.controls`."""
    module = types.ModuleType("libcamera.controls")
    vars(module).update({name: CONTROLS[name] for name in _CONTROLS} | _enums(_CONTROL_ENUMS))
    vars(module)["draft"] = types.SimpleNamespace(
        **{name: CONTROLS[name] for name in _DRAFT_CONTROLS}, **_enums(_DRAFT_CONTROL_ENUMS)
    )
    return module


def properties_module() -> types.ModuleType:
    """Make `libcamera.properties`."""
    module = types.ModuleType("libcamera.properties")
    vars(module).update({name: PROPERTIES[name] for name in _PROPERTIES})
    vars(module)["draft"] = types.SimpleNamespace(
        **{name: PROPERTIES[name] for name in _DRAFT_PROPERTIES}, **_enums(_DRAFT_PROPERTY_ENUMS)
    )
    return module

"""Put the stand-in libcamera in place, and take it away again.

The real, unmodified `picamera2.Picamera2` then runs without a Raspberry Pi. Three seams carry it: the module
`libcamera` (and the display and process libraries that picamera2 imports and does not use here), the heap that frame
memory comes from, and the cache synchronisation of that memory.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import types
import warnings
from collections.abc import Iterator

import pytest

from tests.libcamera import buffers, control_ids, geometry, streams
from tests.libcamera.camera import Camera, CameraManager
from tests.libcamera.sensor import Sensor

_STAND_IN_PACKAGES = ("libcamera", "picamera2", "pykms", "prctl")

#: picamera2 0.3.38 starts its preview thread with Thread.setDaemon(), deprecated since Python 3.10.
PICAMERA2_WARNINGS = pytest.mark.filterwarnings(
    r"ignore:setDaemon\(\) is deprecated:DeprecationWarning:picamera2.previews.null_preview"
)

#: picamera2 0.3.38 leaves its own pipe open when its __init__ fails; nobody else can reach it to close it.
FAILED_OPENING_WARNINGS = pytest.mark.filterwarnings("ignore:unclosed file <_io:ResourceWarning")


@contextlib.contextmanager
def failed_openings_forgotten() -> Iterator[None]:
    """Collect what failed openings left, lest a later test is warned of it."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


#: The names of the bindings that the stand-in has.
BINDINGS: dict[str, type] = {
    "Camera": Camera,
    "CameraConfiguration": streams.CameraConfiguration,
    "CameraManager": CameraManager,
    "ColorSpace": streams.ColorSpace,
    "ControlId": control_ids.ControlId,
    "ControlInfo": control_ids.ControlInfo,
    "ControlType": control_ids.ControlType,
    "FrameBuffer": buffers.FrameBuffer,
    "FrameMetadata": buffers.FrameMetadata,
    "Orientation": geometry.Orientation,
    "PixelFormat": streams.PixelFormat,
    "Rectangle": geometry.Rectangle,
    "Request": buffers.Request,
    "SensorConfiguration": streams.SensorConfiguration,
    "Size": geometry.Size,
    "Stream": streams.Stream,
    "StreamConfiguration": streams.StreamConfiguration,
    "StreamFormats": streams.StreamFormats,
    "StreamRole": streams.StreamRole,
    "Transform": geometry.Transform,
}


class _AnyName:
    """An enumeration in which every name exists, for tables that are made at import and not read here."""

    def __getattr__(self, name: str) -> str:
        return name


def _modules() -> dict[str, types.ModuleType]:
    libcamera = types.ModuleType("libcamera")
    controls, properties = control_ids.controls_module(), control_ids.properties_module()
    compiled = types.ModuleType("libcamera._libcamera")
    vars(compiled).update(BINDINGS)
    vars(libcamera).update(BINDINGS, controls=controls, properties=properties, _libcamera=compiled)
    pykms = types.ModuleType("pykms")
    vars(pykms)["PixelFormat"] = _AnyName()
    return {
        "libcamera": libcamera,
        "libcamera.controls": controls,
        "libcamera.properties": properties,
        "libcamera._libcamera": compiled,
        "pykms": pykms,
        "prctl": types.ModuleType("prctl"),
    }


def _take_out() -> dict[str, types.ModuleType]:
    """Take the modules that are replaced out of those that are imported."""
    return {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in _STAND_IN_PACKAGES}


@contextlib.contextmanager
def stand_in_libcamera() -> Iterator[None]:
    """Import the real picamera2 on top of the stand-in; on leaving, put back whatever was there before.

    Raises
    ------
    RuntimeError
        When picamera2 is not installed: these tests do not pass by being skipped.
    """
    before = _take_out()
    sys.modules.update(_modules())
    try:
        _replace_frame_memory()
        yield
    finally:
        _take_out()
        sys.modules.update(before)


def _replace_frame_memory() -> None:
    try:
        from picamera2.allocators import dmaallocator  # noqa: PLC0415 - it can be imported only on the stand-in
    except ImportError as error:
        raise RuntimeError(
            "The camera tests run the real picamera2: pip install --no-deps picamera2==0.3.38, "
            "then pip install pillow simplejpeg piexif PiDNG videodev2"
        ) from error
    dmaallocator.DmaHeap = buffers.MemfdHeap
    dmaallocator.fcntl = types.SimpleNamespace(ioctl=buffers.no_ioctl)


@contextlib.contextmanager
def connected(*sensors: Sensor) -> Iterator[list[Camera]]:
    """Connect sensors to the stand-in, none for a board without a camera, and yield their cameras."""
    from picamera2 import Picamera2  # noqa: PLC0415 - it can be imported only on the stand-in

    manager = CameraManager(list(sensors))
    CameraManager._installed = manager
    Picamera2._cm.reset()  # it remembers the manager of whatever was connected before
    try:
        yield manager.cameras
    finally:
        os.close(manager.event_fd)

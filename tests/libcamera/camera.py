"""Camera and camera manager of the stand-in libcamera: requests in, frames with metadata out, in real time."""

from __future__ import annotations

import os
import queue
import threading
import time
import types
from dataclasses import replace
from typing import Any

import numpy as np

from tests.libcamera.buffers import FrameMetadata, Request
from tests.libcamera.control_ids import CONTROLS, PROPERTIES, ControlId, ControlInfo, require_type
from tests.libcamera.geometry import Rectangle, Size
from tests.libcamera.pixels import write_picture, write_raw
from tests.libcamera.sensor import LINE_US, InForce, Sensor, SensorMode
from tests.libcamera.streams import CameraConfiguration, StreamRole, is_raw

Controls = dict[ControlId, Any]
_CONTROL_DELAY_FRAMES = 2
_LONGEST_EXPOSURE_US = 1_000_000
_GAIN_CODES = 1024
_MANUAL = 1


class Camera:
    """One camera, as libcamera shows it; `Sensor` is what it looks through.

    A mode switch forgets every control: harsher than some real pipelines, as forgiving as none.
    """

    def __init__(self, sensor: Sensor, number: int, manager: CameraManager) -> None:
        self.id = f"/base/soc/i2c0mux/i2c@{number}/{sensor.model}@1a"
        self._sensor = sensor
        self._manager = manager
        self._requests: queue.Queue[Request | None] = queue.Queue()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._asked: Controls = {}
        self._coming: list[tuple[int, Controls]] = []
        self._mode = sensor.modes[-1]
        self._configuration: CameraConfiguration | None = None
        self._away: set[Request] = set()
        self._acquired = False

    @property
    def properties(self) -> Controls:
        """What the camera is."""
        width, height = self._sensor.size_px
        return {
            PROPERTIES["Model"]: self._sensor.model,
            PROPERTIES["Location"]: 2,
            PROPERTIES["Rotation"]: 0,
            PROPERTIES["PixelArraySize"]: Size(width, height),
            PROPERTIES["ColorFilterArrangement"]: 0,
        }

    @property
    def controls(self) -> dict[ControlId, ControlInfo]:
        """The controls on offer, with their limits."""
        full = Rectangle(0, 0, *self._sensor.size_px)
        limits: dict[str, tuple[Any, Any, Any]] = {
            "AeEnable": (False, True, True),
            "AwbEnable": (False, True, True),
            "ExposureTime": (int(LINE_US), _LONGEST_EXPOSURE_US, 20_000),
            "ExposureTimeMode": (0, 1, 0),
            "AnalogueGain": (1.0, 16.0, 1.0),
            "AnalogueGainMode": (0, 1, 0),
            "ColourGains": (0.0, 32.0, None),
            "Sharpness": (0.0, 16.0, 1.0),
            "NoiseReductionMode": (0, 4, 0),
            "ScalerCrop": (Rectangle(0, 0, 64, 64), full, full),
            "FrameDurationLimits": (int(self._mode.frame_duration_us(0)), 100_000_000, None),
        }
        if self._sensor.has_lens:
            limits |= {"AfMode": (0, 2, 0), "LensPosition": (0.0, 32.0, 1.0)}
        return {CONTROLS[name]: ControlInfo(*values) for name, values in limits.items()}

    def acquire(self) -> None:
        """Take the camera for this process."""
        if self._sensor.held_elsewhere or self._acquired:
            raise RuntimeError("Failed to acquire camera: Device or resource busy")
        self._acquired = True

    def release(self) -> None:
        """Give the camera back."""
        self._acquired = False

    def generate_configuration(self, roles: list[StreamRole]) -> CameraConfiguration:
        """Return a configuration with one stream for each role."""
        sizes = [Size(*mode.size_px) for mode in self._sensor.modes]
        return CameraConfiguration(roles, sizes, self._sensor.board, self._sensor.raw_bits)

    def configure(self, configuration: CameraConfiguration) -> int:
        """Switch to a configuration."""
        wanted = configuration.sensor_config.output_size if configuration.sensor_config else None
        modes = {Size(*mode.size_px): mode for mode in self._sensor.modes}
        self._mode = modes[wanted] if wanted else self._sensor.modes[-1]
        for stream in configuration:
            stream.stream.configuration = stream
        self._configuration = configuration
        self._asked = {}
        self._away = set()
        return 0

    def create_request(self, cookie: int) -> Request:
        """Return a new request."""
        return Request(cookie)

    def start(self, controls: Controls) -> None:
        """Start delivering frames; the controls take effect when the sensor has settled."""
        for control, value in controls.items():
            require_type(control, value)
        if not (self._sensor.starts and self._sensor.plugged):
            raise RuntimeError("Failed to start camera: Remote I/O error")
        self._coming = [(self._sensor.settle_frames, controls)]
        self._stopping.clear()
        self._thread = threading.Thread(target=self._deliver, name=f"stand-in {self.id}", daemon=True)
        self._thread.start()

    def queue_request(self, request: Request) -> None:
        """Ask for a frame."""
        for control, value in request._controls.items():
            require_type(control, value)
        self._away.discard(request)
        self._requests.put(request)

    def stop(self) -> None:
        """Stop; requests that wait are cancelled."""
        if self._thread is None:
            return
        self._sensor.lets_go.wait()
        self._stopping.set()
        self._requests.put(None)
        self._thread.join()
        self._thread = None
        while not self._requests.empty():
            request = self._requests.get()
            if request is not None:
                self._finish(request, Request.Status.Cancelled)

    def _deliver(self) -> None:
        frame_number = 0
        due_s = time.monotonic()
        before: InForce | None = None
        while (request := self._requests.get()) is not None:
            if request._controls:
                self._coming.append((frame_number + _CONTROL_DELAY_FRAMES, request._controls))
            self._apply_controls(frame_number)
            settings = in_force(self._asked, self._sensor)
            duration_s = self._mode.frame_duration_us(settings.exposure_us) / 1e6
            due_s = max(due_s + duration_s, time.monotonic())
            if not self._exposed_by(due_s):
                self._finish(request, Request.Status.Cancelled)
                continue
            lens_position = before.lens_position if before and self._sensor.lens_lags else settings.lens_position
            self._fill(request, settings, lens_position, frame_number)
            before = settings
            frame_number += 1
            self._finish(request, Request.Status.Complete)

    def _exposed_by(self, due_s: float) -> bool:
        """Wait for the frame's end, and while the sensor is stalled; False when the camera is stopped meanwhile."""
        if self._stopping.wait(max(0.0, due_s - time.monotonic())):
            return False
        while not (self._sensor.running.wait(0.005) and self._sensor.plugged):
            if self._stopping.wait(0.005):
                return False
        return True

    def _apply_controls(self, frame_number: int) -> None:
        for _, controls in [entry for entry in self._coming if entry[0] <= frame_number]:
            self._asked.update(
                {control: value for control, value in controls.items() if control.name not in self._sensor.deaf_to}
            )
        self._coming = [entry for entry in self._coming if entry[0] > frame_number]

    def _fill(self, request: Request, settings: InForce, lens_position: float, frame_number: int) -> None:
        green_mean = 0.0
        seen = replace(settings, lens_position=lens_position)
        for stream, buffer in request.buffers.items():
            size = stream.configuration.size
            size_px = (size.width, size.height)
            if is_raw(str(stream.configuration.pixel_format)):
                light = self._sensor.read(seen, self._mode, size_px)
                write_raw(light, self._sensor.raw_bits, stream.configuration, buffer)
            else:
                picture = self._sensor.expose(seen, self._mode, size_px, frame_number)
                write_picture(picture, stream.configuration, buffer)
                green_mean = float(picture[..., 1].mean())
            buffer.metadata = FrameMetadata()
            buffer.metadata.sequence = frame_number
            buffer.metadata.planes = [types.SimpleNamespace(bytes_used=plane.length) for plane in buffer.planes]
        request.sequence = frame_number
        request.metadata = frame_controls(settings, self._mode, self._sensor, green_mean)

    def _finish(self, request: Request, status: Request.Status) -> None:
        request.status = status
        if status is Request.Status.Complete:
            self._away.add(request)
        self._manager._complete(request)


def in_force(asked: Controls, sensor: Sensor) -> InForce:
    """Return what the sensor does with the controls that it has been given: whole lines, steps of gain."""
    named = {control.name: value for control, value in asked.items()}
    settings = sensor.automatic()
    by_hand = not named.get("AeEnable", True)
    if "ExposureTime" in named and (by_hand or named.get("ExposureTimeMode") == _MANUAL):
        exposure_us = max(1, int(named["ExposureTime"] // LINE_US)) * LINE_US
        settings = replace(settings, exposure_us=exposure_us)
    if "AnalogueGain" in named and (by_hand or named.get("AnalogueGainMode") == _MANUAL):
        code = round(_GAIN_CODES - _GAIN_CODES / named["AnalogueGain"])
        settings = replace(settings, analogue_gain=_GAIN_CODES / (_GAIN_CODES - code))
    if "ColourGains" in named and not named.get("AwbEnable", False):
        red, blue = named["ColourGains"]
        settings = replace(settings, colour_gains=(float(np.float32(red)), float(np.float32(blue))))
    if "LensPosition" in named and named.get("AfMode") == 0:
        settings = replace(settings, lens_position=float(np.float32(named["LensPosition"])))
    return settings


def frame_controls(settings: InForce, mode: SensorMode, sensor: Sensor, green_mean: float) -> Controls:
    """Return the metadata of one frame."""
    metadata: dict[str, Any] = {
        "SensorTimestamp": time.clock_gettime_ns(time.CLOCK_BOOTTIME),
        "ExposureTime": round(settings.exposure_us),
        "AnalogueGain": settings.analogue_gain,
        "DigitalGain": 1.0,
        "ColourGains": settings.colour_gains,
        "ColourTemperature": 4500,
        "ColourCorrectionMatrix": (1.6, -0.4, -0.2, -0.3, 1.5, -0.2, 0.0, -0.6, 1.6),
        "Lux": green_mean / max(settings.exposure_us * settings.analogue_gain, 1.0) * 1e4,
        "SensorTemperature": 31.0,
        "FrameDuration": round(mode.frame_duration_us(settings.exposure_us)),
        "ScalerCrop": Rectangle(*mode.crop),
        "SensorBlackLevels": (4096, 4096, 4096, 4096),
        "AeState": 2,
    }
    if sensor.has_lens:
        metadata |= {"LensPosition": settings.lens_position, "AfState": 0}
    return {CONTROLS[name]: value for name, value in metadata.items()}


class CameraManager:
    """The one manager of all cameras. An event descriptor says when requests are ready."""

    version = "v0.5.0-stand-in"
    _installed: CameraManager

    def __init__(self, sensors: list[Sensor]) -> None:
        self.event_fd = os.eventfd(0, os.EFD_NONBLOCK)
        self._all = [(sensor, Camera(sensor, number, self)) for number, sensor in enumerate(sensors)]
        self._ready: list[Request] = []
        self._lock = threading.Lock()

    @property
    def cameras(self) -> list[Camera]:
        """The cameras that are there."""
        return [camera for sensor, camera in self._all if sensor.plugged]

    @classmethod
    def singleton(cls) -> CameraManager:
        """Return the manager."""
        return cls._installed

    def get_ready_requests(self) -> list[Request]:
        """Return the requests that have ended since the last call."""
        with self._lock:
            try:
                os.eventfd_read(self.event_fd)
            except BlockingIOError:
                return []
            ready, self._ready = self._ready, []
            return ready

    def _complete(self, request: Request) -> None:
        with self._lock:
            self._ready.append(request)
            os.eventfd_write(self.event_fd, 1)


def asked_of(camera: Camera) -> dict[str, Any]:
    """Return the controls that the camera was last given, by their names."""
    return {control.name: value for control, value in camera._asked.items()}


def held_requests(camera: Camera) -> int:
    """Return how many frames of the present configuration were delivered and not given back."""
    return len(camera._away)

"""The peer: the usual stream of JPEGs over HTTP (multipart/x-mixed-replace), one thread and OpenCV's JPEG a client.

``serve PORT FOLDER`` streams the same simulated camera; ``watch PORT SETTLING_S FOR_S`` prints when each frame that
was decoded was taken and decoded.
"""

from __future__ import annotations

import http.client
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np

from benchmarks.chair.program import AIM, settings_file
from device.camera import open_camera
from device.camera.live import LivePreview
from device.settings import DeviceSettings
from groundwork.settings_file import read

_QUALITY = 75
_BOUNDARY = b"--frame\r\n"


def serve(port: int, folder: Path) -> None:
    """Stream until stopped."""
    with (
        open_camera(read(DeviceSettings, settings_file(folder, port)).camera) as camera,
        LivePreview(camera, AIM) as live,
    ):

        class Stream(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                with live.watch() as watch:
                    while True:
                        frame = watch.next(10.0)
                        _, coded = cv2.imencode(".jpg", frame.picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
                        taken_s = (frame.metadata.sensor_timestamp_ns or 0) / 1e9
                        head = f"Content-Length: {len(coded)}\r\nX-Taken: {taken_s}\r\n\r\n".encode()
                        self.wfile.write(_BOUNDARY + head + coded.tobytes() + b"\r\n")

        running = ThreadingHTTPServer(("127.0.0.1", port), Stream)
        print("peer ready", flush=True)  # noqa: T201
        running.serve_forever()


def watch(port: int, settling_s: float, for_s: float) -> None:
    """Decode what comes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/")
    stream = connection.getresponse()
    begun_s = time.monotonic()
    while (passed_s := time.monotonic() - begun_s) < settling_s + for_s:
        values: dict[bytes, bytes] = {}
        while (line := stream.readline().strip()) or not values:
            name, _, value = line.partition(b": ")
            if value:
                values[name] = value
        content = stream.read(int(values[b"Content-Length"]))
        cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        if passed_s > settling_s:
            print(float(values[b"X-Taken"]), time.clock_gettime(time.CLOCK_BOOTTIME))  # noqa: T201


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]), Path(sys.argv[3]))
    else:
        watch(int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))

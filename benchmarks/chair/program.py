"""The instrument that is measured: a chair on the simulated camera, served from a process of its own.

``python -m benchmarks.chair.program --folder F --port P [--measuring]``: with the last, the same still is measured over
and over on a thread of it, as a capture does. Drawing stills is left out: no real camera takes a processor for that.
"""

from __future__ import annotations

import argparse
import threading
from pathlib import Path
from typing import Any

import tomlkit

from analysis import measure
from contract import Site
from device.camera import Aim
from device.chair.appointments import begin
from device.chair.chair import Chair, open_chair
from device.page.app import create_app
from device.page.server import listen, server
from device.settings import DeviceSettings
from groundwork.settings_file import read

PATIENT, VISIT, SITE = "P-0042", 1, Site.VERTEX
AIM = Aim(PATIENT, SITE, VISIT)
PREVIEW_PX = (1014, 760)


def settings_file(folder: Path, port: int) -> Path:
    """Write the settings of an instrument whose preview has the size that is asked for."""
    values: dict[str, Any] = {
        "clinic_id": "riverside",
        "device_id": "chair-1",
        "state_folder": str(folder / "state"),
        "camera": {"kind": "simulated", "seed": 3, "size_px": [2028, 1520], "preview_width_px": PREVIEW_PX[0]},
        "lens": {"name": "lens 7", "nominal_um_per_px": 5.3},
        "chair": {"port": port},
        "broker": {"host": "127.0.0.1", "port": 8883}
        | {name: str(folder / name) for name in ("authority", "certificate", "key")},
        "pictures": {"url": "https://127.0.0.1:8443"},
    }
    file = folder / "device.toml"
    file.write_text(tomlkit.dumps(values), encoding="utf-8")
    return file


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--measuring", action="store_true")
    options = parser.parse_args()
    file = settings_file(options.folder, options.port)
    settings = read(DeviceSettings, file)
    with listen(settings.chair) as listening, open_chair(settings, file) as chair:
        with chair.store() as store:
            begin(store, PATIENT, VISIT, "bench")
        if options.measuring:
            threading.Thread(target=_measure_on, args=(chair,), daemon=True).start()
        print("chair ready", flush=True)  # noqa: T201
        server(create_app(chair), settings.chair).run(sockets=[listening])


def _measure_on(chair: Chair) -> None:
    still = chair.instrument.camera.still(AIM)
    while True:
        measure(still.picture, chair.settings.lens.nominal_um_per_px)
        print("measured", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()

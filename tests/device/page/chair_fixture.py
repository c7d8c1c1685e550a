"""A chair on a small simulated camera, and a browser without a screen."""

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import tomlkit
from starlette.types import ASGIApp

from contract import Capture
from device.camera import Aim
from device.chair.appointments import begin
from device.chair.chair import Chair, open_chair
from device.chair.refusals import NotNow
from device.chair.taking import LOCK_S, Started, TakingState
from device.settings import DeviceSettings

PATIENT, VISIT = "P-0042", 1
BASE_URL = "http://127.0.0.1:8090"
_TAKEN_WITHIN_S = 60.0


def write_settings(folder: Path, **tables: Any) -> Path:  # noqa: ANN401  any table of the settings
    """Write a settings file for an instrument with a small simulated camera, and return where it lies.

    Nothing is calibrated, of which the gate warns at each capture.
    """
    camera = {"kind": "simulated", "seed": 3, "um_per_px": 5.3, "size_px": [640, 480], "preview_width_px": 320}
    values: dict[str, Any] = {
        "clinic_id": "riverside",
        "device_id": "chair-1",
        "state_folder": str(folder / "state"),
        "camera": camera | tables.pop("camera", {}),
        "lens": {"name": "lens 7", "nominal_um_per_px": 5.3},
        "broker": {
            "host": "127.0.0.1",
            "port": 8883,
            "authority": str(folder / "authority.crt"),
            "certificate": str(folder / "chair-1.crt"),
            "key": str(folder / "chair-1.key"),
        },
        "pictures": {"url": "https://127.0.0.1:8443"},
    }
    file = folder / "device.toml"
    file.write_text(tomlkit.dumps(values | tables), encoding="utf-8")
    return file


@contextmanager
def open_small_chair(folder: Path, **tables: Any) -> Iterator[Chair]:  # noqa: ANN401  any table of the settings
    """Open a chair on it."""
    from groundwork.settings_file import read  # noqa: PLC0415  beside its only use

    file = write_settings(folder, **tables)
    with open_chair(read(DeviceSettings, file), file) as chair:
        yield chair


def captured(chair: Chair, site: str, patient: str = PATIENT, visit: int = VISIT) -> Capture:
    """Take a capture as the page does, wait for it, and return it."""
    with chair.store() as store:
        begin(store, patient, visit, "mk")
    state = _pressed(chair, Aim(patient, site, visit))
    while state.running:
        newer = chair.taking.wait_newer(state, _TAKEN_WITHIN_S)
        assert newer is not state, "the capture takes for ever"
        state = newer
    assert state.capture_id is not None, state.sentence
    with chair.store() as store:
        return store.capture(state.capture_id)


def _pressed(chair: Chair, aim: Aim) -> TakingState:
    """Press, again for as long as the press before still counts."""
    end_s = time.monotonic() + 2 * LOCK_S
    while True:
        try:
            return chair.taking.begin(aim, Started.PAGE)
        except NotNow:
            assert time.monotonic() < end_s
            time.sleep(LOCK_S / 20)


class ChairClient:
    """A browser without a screen: it keeps its cookies, and knows the token of the page it loaded last.

    Parameters
    ----------
    app
        Whom it asks.
    fails
        Whether a failure that nobody foresaw is answered as a server does, and not raised in the test.
    """

    def __init__(self, app: ASGIApp, *, fails: bool = False) -> None:
        self._app = app
        self._fails = fails
        self.cookies = httpx.Cookies()
        self.token = ""

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401  those of httpx
        """Send a request and return the whole answer."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=not self._fails)
            async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, cookies=self.cookies) as client:
                answer = await client.request(method, path, **options)
                self.cookies.update(client.cookies)
                return answer

        return asyncio.run(ask())

    def get(self, path: str) -> httpx.Response:
        """Load a screen, and take its token."""
        answer = self.request("GET", path)
        if (token := re.search(r'name="chair-token" content="([^"]+)"', answer.text)) is not None:
            self.token = token.group(1)
        return answer

    def act(self, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """Do an action, as the page's script does."""
        return self.request("POST", path, json=body or {}, headers={"x-chair-token": self.token})

    def begin(self, patient: str = PATIENT, visit: int = VISIT, technician: str = "mk") -> None:
        """Begin a visit at the start page."""
        self.get("/")
        answer = self.act("/visits", {"technician": technician, "patient": patient, "visit": visit})
        assert answer.status_code == 200, answer.text

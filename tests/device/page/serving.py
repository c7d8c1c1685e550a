"""The chair page on a socket of this machine, as long as a test needs it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from device.chair.chair import Chair
from device.page.app import create_app
from device.page.server import listen, server

_WITHIN_S = 10.0


@contextmanager
def serving(chair: Chair, port: int = 0) -> Iterator[str]:
    """Serve the page on loopback, by a thread of this process, and give its address; port 0 is a free one."""
    settings = chair.settings.chair
    with listen(settings.model_copy(update={"port": port})) as listening:
        port = listening.getsockname()[1]
        running = server(create_app(chair), settings)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, name="page", daemon=True)
        thread.start()
        end_s = time.monotonic() + _WITHIN_S
        while not running.started:
            assert time.monotonic() < end_s, "the page does not come up"
            time.sleep(0.005)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            running.should_exit = True
            thread.join(_WITHIN_S)
            assert not thread.is_alive(), "the page does not end"

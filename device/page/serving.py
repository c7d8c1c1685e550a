"""The chair page for as long as the service runs: opened, opened anew with other settings, or safe mode meanwhile.

Settings that cannot be read lead to safe mode until the file is good; an instrument that does not open, to the same
screen until it does. Saved settings lead back to reading them. All of it is in one process and, where they do not say
otherwise, on one listening socket, so that a browser that asks meanwhile waits instead of failing.
"""

from __future__ import annotations

import logging
import re
import socket
import threading
import tomllib
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from pydantic import ValidationError
from starlette.applications import Starlette

from contract import PATIENT_CODE
from device import SOFTWARE_VERSION
from device.chair.chair import open_chair
from device.chair.refusals import ChairRefused
from device.chair.settings import ChairSettings
from device.foreseen import FORESEEN
from device.page.app import create_app
from device.page.safe_mode import Trouble, create_safe_app
from device.page.server import listen, server, url
from device.settings import DeviceSettings
from device.settings_edit import GOOD, beside, keep_good
from groundwork import settings_file
from groundwork.log_file import log_to_file
from groundwork.settings_file import SettingsFileError

_log = logging.getLogger(__name__)

LOG = Path("logs") / "chair.log"
"""In the state folder."""

_LOOK_EVERY_S = 1.0
_TRY_AGAIN_EVERY_S = 30.0
_PORT = re.compile(r"^\s*port\s*=\s*(\d+)", re.MULTILINE)


class Serving:
    """Serves the page of one instrument.

    Parameters
    ----------
    file
        Of its settings.
    announce
        Told each line for the terminal.
    """

    def __init__(self, file: Path, announce: Callable[[str], None]) -> None:
        self._file = file
        self._announce = announce
        self._place: tuple[str, int] | None = None
        self._listening: socket.socket | None = None

    def run(self) -> None:
        """Serve until a signal ends the program.

        Raises
        ------
        groundwork.settings_file.SettingsFileError
            If the program was ended while the settings could not be used, or there is no such file and never was.
        device.chair.refusals.ChairRefused
            If the page's address cannot be listened on.
        """
        try:
            while self._once():
                pass
        finally:
            self._stop_listening()

    def _once(self) -> bool:
        """Serve with the settings as they are now; return whether to go on with those that are there then."""
        try:
            text = settings_file.text_of(self._file)
            settings = settings_file.check(DeviceSettings, self._file, text)
        except SettingsFileError as error:
            return self._without_settings(error)
        log_to_file(settings.state_folder / LOG, PATIENT_CODE)
        listening = self._listen(settings.chair)
        trouble: Exception
        with ExitStack() as opened:
            try:
                chair = opened.enter_context(open_chair(settings, self._file))
                run = _Run(create_app(chair), settings.chair)
            except FORESEEN as error:
                trouble = error
            except Exception:  # noqa: BLE001  whatever it is, a screen says more than a service that starts over and over
                _log.exception("The instrument could not be opened, in a way that nobody foresaw.")
                trouble = ChairRefused("The instrument could not be opened: the program failed. The log says more.")
            else:
                self._keep_good(text)
                _log.info("The chair page runs, trichoscope %s.", SOFTWARE_VERSION)
                self._announce(f"chair page: {url(settings.chair, listening)}")
                return run.until_asked(listening)
        return self._without_instrument(settings, trouble)

    def _keep_good(self, text: str) -> None:
        try:
            keep_good(self._file, text.encode())
        except ChairRefused as error:
            _log.info("There is no copy of these settings to go back to: %s", error)

    def _without_instrument(self, settings: DeviceSettings, error: Exception) -> bool:
        _log.error("The instrument cannot start. %s", error)
        # On loopback whatever the settings say: who cannot be asked for a PIN sees no more of it than who stands there.
        loopback = ChairSettings(language=settings.chair.language, port=settings.chair.port)
        return self._safely(Trouble(error, self._file, settings), loopback, _TRY_AGAIN_EVERY_S)

    def _without_settings(self, error: SettingsFileError) -> bool:
        if not self._file.exists() and not beside(self._file.resolve(), GOOD).exists():
            raise error  # a slip in the command line, not in the settings
        _log.error("Safe mode, as the settings cannot be used. %s", error)
        try:
            return self._safely(Trouble(error, self._file), self._safe_settings(), None)
        except (KeyboardInterrupt, SystemExit):
            raise error from None

    def _safely(self, trouble: Trouble, settings: ChairSettings, every_s: float | None) -> bool:
        ended = threading.Event()
        run = _Run(create_safe_app(trouble, settings), settings)
        listening = self._listen(settings)
        self._announce(f"chair page: {url(settings, listening)}")
        watching = threading.Thread(target=self._watch, args=(run, ended, every_s), name="safe mode", daemon=True)
        watching.start()
        try:
            return run.until_asked(listening)
        finally:
            ended.set()
            watching.join()

    def _watch(self, run: _Run, ended: threading.Event, every_s: float | None) -> None:
        """Have it tried again once the file was changed to the better, and every so often."""
        seen, waited_s = _stamp(self._file), 0.0
        while not ended.wait(_LOOK_EVERY_S):
            waited_s += _LOOK_EVERY_S
            stamp = _stamp(self._file)
            if (stamp != seen and self._is_good()) or (every_s is not None and waited_s >= every_s):
                run.again()
            seen = stamp

    def _is_good(self) -> bool:
        try:
            settings_file.read(DeviceSettings, self._file)
        except SettingsFileError:
            return False
        return True

    def _listen(self, settings: ChairSettings) -> socket.socket:
        """Listen on one socket for as long as the address stays: who asks while all is opened anew is answered then."""
        place = settings.host, settings.port
        if self._listening is None or place != self._place:
            self._stop_listening()  # where nobody accepts any more; and the new address may have the same port
            self._place, self._listening = place, listen(settings)
        return self._listening

    def _stop_listening(self) -> None:
        if self._listening is not None:
            self._listening.close()
        self._listening = None

    def _safe_settings(self) -> ChairSettings:
        """Return loopback, at the port where the page is looked for, as far as that can be told."""
        try:
            good = settings_file.read(DeviceSettings, beside(self._file.resolve(), GOOD)).chair
            language, port = good.language, good.port
        except SettingsFileError:
            language, port = ChairSettings().language, ChairSettings().port
        try:
            return ChairSettings(language=language, port=_port(self._file) or port)
        except ValidationError:
            return ChairSettings(language=language, port=port)


class _Run:
    """One run of a server, which its application may end to be started anew: by ``app.state.reopen``."""

    def __init__(self, app: Starlette, settings: ChairSettings) -> None:
        self._server = server(app, settings)
        self._again = False
        app.state.reopen = self.again

    def again(self) -> None:
        """End this run, and go on with the settings as they are then."""
        self._again = True
        self._server.should_exit = True

    def until_asked(self, listening: socket.socket) -> bool:
        """Serve; return whether to go on."""
        self._server.run(sockets=[listening.dup()])  # the server closes its own
        return self._again


def _port(file: Path) -> int | None:
    """Return the page's port as a file says that may be broken."""
    try:
        text = file.read_bytes().decode("utf-8", errors="replace")
    except OSError:
        return None
    try:
        port = tomllib.loads(text)["chair"]["port"]
        return port if isinstance(port, int) else None
    except (tomllib.TOMLDecodeError, KeyError, TypeError):
        _before, header, after = text.partition("[chair]")
        found = _PORT.search(after.partition("\n[")[0]) if header else None
        return None if found is None else int(found[1])


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino

"""What settings name, opened: the store and the pictures, for the service and for every command that uses them."""

from __future__ import annotations

from collector.pictures.pictures import Pictures
from collector.pictures.place import PlaceRefused, pictures_at
from collector.settings import CollectorSettings
from collector.store.database import StoreUnusable
from collector.store.store import Store
from groundwork.credential import read_secret

FILE = "collector.sqlite3"
"""The store within the state folder, where the settings name no other."""


class CannotOpen(Exception):
    """Store or pictures cannot be opened; the message says why and what to do."""


def open_store(settings: CollectorSettings, *, new: bool = False, bring_forward: bool | None = None) -> Store:
    """Open the store.

    Parameters
    ----------
    settings
        That name it.
    new
        Whether there may be none yet: then it is made.
    bring_forward
        Whether one of an older release is brought forward, else it is refused: a command must not change the format
        under a collector that runs. None for where there may be none yet, as for the collector itself.

    Raises
    ------
    CannotOpen
        If it cannot be used, or is not there.
    """
    file = settings.state_folder / FILE
    forward = new if bring_forward is None else bring_forward
    try:
        if settings.store.url is not None:
            password = settings.store.password
            secret = None if password is None else read_secret(password)
            return Store(settings.store.url, secret, bring_forward=forward, new=new)
        if new:
            settings.state_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif not file.is_file():
            raise CannotOpen(f"{file} is not there. Give the settings with which the collector runs here.")
        return Store(file, bring_forward=forward, new=new)
    except StoreUnusable as error:
        raise CannotOpen(str(error)) from error
    except OSError as error:
        raise _unusable(settings, error) from error


def open_pictures(settings: CollectorSettings) -> Pictures:
    """Open the place of pictures.

    Raises
    ------
    CannotOpen
        If its folder cannot be used, or there are no keys for the bucket that the settings name.
    """
    table = settings.pictures
    folder = settings.state_folder / "pictures"
    try:
        return pictures_at(table.store, folder, table.keep_free_mb * 1_000_000, table.store_credentials)
    except PlaceRefused as error:
        raise CannotOpen(f"The place of pictures cannot be used: {error}.") from error
    except OSError as error:
        raise _unusable(settings, error) from error


def _unusable(settings: CollectorSettings, error: OSError) -> CannotOpen:
    return CannotOpen(
        f"{error.filename or settings.state_folder} cannot be used as the state folder ({error.strerror or error}). Run"
        " this as the collector's own user, and check the disk."
    )

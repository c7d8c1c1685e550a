"""The store that settings name, as it is: neither made where there is none, nor brought forward."""

from __future__ import annotations

from pathlib import Path

from collector.opening import FILE, CannotOpen
from collector.settings import CollectorSettings
from collector.store.database import Database, StoreUnusable
from groundwork.credential import read_secret


def place_of(settings: CollectorSettings) -> tuple[Path | str, str | None]:
    """Return where the store is, or is to be, and the password that its database asks for.

    Raises
    ------
    CannotOpen
        If the password cannot be read.
    """
    if settings.store.url is None:
        return settings.state_folder / FILE, None
    password = settings.store.password
    try:
        return settings.store.url, None if password is None else read_secret(password)
    except OSError as error:
        raise CannotOpen(f"The database's password cannot be read: {error}.") from error


def database_of(settings: CollectorSettings) -> Database:
    """Return the store's database.

    Raises
    ------
    CannotOpen
        If it is not there, or its URL names none.
    """
    place, password = place_of(settings)
    if isinstance(place, Path) and not place.is_file():
        raise CannotOpen(f"{place} is not there. Give the settings with which the collector runs here.")
    try:
        return Database(place, password)
    except StoreUnusable as error:
        raise CannotOpen(str(error)) from error


def key_files(settings: CollectorSettings, settings_file: Path) -> list[Path]:
    """Return the files by which whoever has them is this collector: settings, certificates, keys, passwords.

    Those that systemd hands over as credentials, and those that are not there, are left out.
    """
    named = [
        settings_file,
        settings.broker.authority,
        settings.broker.certificate,
        settings.broker.key,
        settings.pictures.authority,
        settings.pictures.certificate,
        settings.pictures.key,
        settings.pictures.revocation_list,
        settings.pictures.store_credentials,
        settings.page.certificate,
        settings.page.key,
        settings.store.password,
    ]
    if settings.enrolment is not None:
        named += [settings.enrolment.authority, settings.enrolment.authority_key]
        if settings.enrolment.issued_folder.is_dir():
            named += sorted(settings.enrolment.issued_folder.iterdir())
    return list(dict.fromkeys(path for path in named if path is not None and path.is_file()))

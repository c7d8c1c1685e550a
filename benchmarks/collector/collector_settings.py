"""The settings file of a collector that is measured or tried: as a clinic's, on loopback."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_TEXT = """\
clinic_id = "{clinic_id}"
state_folder = "{state_folder}"

[store]
{store}
[broker]
host = "127.0.0.1"
port = {broker_port}
authority = "{certificates}/authority.crt"
certificate = "{certificates}/{name}.crt"
key = "{certificates}/{name}.key"

[pictures]
host = "127.0.0.1"
port = {pictures_port}
authority = "{certificates}/authority.crt"
certificate = "{certificates}/server.crt"
key = "{certificates}/server.key"
revocation_list = "{certificates}/revoked.pem"
keep_free_mb = 0

[page]
port = {page_port}
{sharing}"""


@dataclass(frozen=True)
class Place:
    """Where one collector works.

    Parameters
    ----------
    clinic_id : str
    name : str
        Of its certificate, and of the member where it shares.
    state_folder, certificates : Path
    broker_port, pictures_port, page_port : int
        Of loopback.
    url : str or None
        PostgreSQL's; None for SQLite in the state folder.
    shared : bool
        Whether it is a member of a group that shares the messages.
    """

    clinic_id: str
    name: str
    state_folder: Path
    certificates: Path
    broker_port: int
    pictures_port: int
    page_port: int
    url: str | None = None
    shared: bool = False


def write_settings(path: Path, place: Place) -> Path:
    """Write a settings file, and return its path."""
    store = "" if place.url is None else f'url = "{place.url}"\n'
    sharing = f'\n[sharing]\ngroup = "{place.clinic_id}"\nmember = "{place.name}"\n' if place.shared else ""
    path.write_text(_TEXT.format(**vars(place), store=store, sharing=sharing), encoding="utf-8")
    return path

"""The mosquitto configuration of a clinic: TLS with client certificates only, and each device in its own topics.

Holds for mosquitto 2.0.11 (Debian 12) and 2.0.21 (Debian 13).
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from collector.authority import AUTHORITY, SERVER
from collector.identity.revocation import LIST
from collector.ingestion.broker_connection import RECEIVE_MAXIMUM
from contract import FROM_DEVICE, MAX_MESSAGE_BYTES, TO_DEVICE, Topic, all_devices
from groundwork.durable_file import write_durably

COLLECTOR_USER = "collector"
"""The common name of the collector's certificate, and so its user name at the broker."""

CONFIGURATION = "mosquitto.conf"
ACCESS_LIST = "acl"

_USER = "%u"  # mosquitto puts the user name, here the certificate's common name, in its place


def write(
    folder: Path,
    *,
    clinic_id: str,
    certificates: Path,
    port: int,
    address: str | None,
    user: str | None,
    server_key: Path | None = None,
    collectors: Sequence[str] = (COLLECTOR_USER,),
) -> None:
    """Write ``mosquitto.conf`` and ``acl`` into a folder, over older ones.

    Parameters
    ----------
    folder
        Where they go; the broker keeps its persistence below it.
    clinic_id
        The clinic whose topics the broker carries.
    certificates
        The folder of :mod:`collector.authority`.
    port
        The port to listen on.
    address
        The address to listen on; ``None`` takes all of this machine's.
    user
        Whom mosquitto becomes when it is started as root; ``None`` leaves mosquitto's own choice, ``mosquitto``. It
        must be able to read the server's key.
    server_key
        Where the broker finds the server's key, if not in the folder of certificates: it may be a credential that
        systemd hands it, which is not there yet.
    collectors
        The common names of the collectors' certificates: more than one where they share the clinic's messages.

    Raises
    ------
    OSError
        If the folder or a file cannot be written.
    """
    persistence = folder / "persistence"
    persistence.mkdir(mode=0o700, parents=True, exist_ok=True)  # messages wait in it
    if user is not None:
        shutil.chown(persistence, user)
    write_durably(folder / ACCESS_LIST, access_list(clinic_id, collectors).encode())
    text = configuration(
        access_file=(folder / ACCESS_LIST).resolve(),
        persistence=persistence.resolve(),
        certificates=certificates.resolve(),
        port=port,
        address=address,
        user=user,
        server_key=server_key,
    )
    write_durably(folder / CONFIGURATION, text.encode())


def configuration(
    *,
    access_file: Path,
    persistence: Path,
    certificates: Path,
    port: int,
    address: str | None,
    user: str | None,
    server_key: Path | None,
) -> str:
    """Return the text of ``mosquitto.conf``; the parameters are those of :func:`write`, paths absolute."""
    lines = [
        "# Written by: trichoscope-collector broker",
        f"listener {port} {address}" if address else f"listener {port}",
        f"cafile {certificates / AUTHORITY}.crt",
        f"certfile {certificates / SERVER}.crt",
        f"keyfile {server_key or certificates / f'{SERVER}.key'}",
        "# read at start and at SIGHUP; connections that stand end only when the broker is started anew",
        f"crlfile {certificates / LIST}",
        "tls_version tlsv1.2",
        "require_certificate true",
        "use_identity_as_username true",
        "# without this, one device could take over another's session by its client id",
        "use_username_as_clientid true",
        "allow_anonymous false",
        f"acl_file {access_file}",
        "",
        f"message_size_limit {MAX_MESSAGE_BYTES}",
        "# the topic and properties travel in the packet too",
        f"max_packet_size {MAX_MESSAGE_BYTES + 65_536}",
        "# the collector acknowledges a batch at a time, after its commit: fewer in flight would stop it",
        f"max_inflight_messages {RECEIVE_MAXIMUM}",
        "set_tcp_nodelay true",
        "max_queued_messages 10000",
        f"max_queued_bytes {256 * 1024 * 1024}",
        "persistent_client_expiration 14d",
        "persistence true",
        f"persistence_location {persistence}/",
        "log_dest stderr",
        *(f"log_type {kind}" for kind in ("error", "warning", "notice")),
    ]
    if user is not None:
        lines.append(f"user {user}")
    return "\n".join(lines) + "\n"


def access_list(clinic_id: str, collectors: Sequence[str] = (COLLECTOR_USER,)) -> str:
    """Return the text of the access list: a device in its own topics, each collector in those of all."""
    lines = [
        *(f"pattern write {Topic(clinic_id, _USER, channel)}" for channel in FROM_DEVICE),
        *(f"pattern read {Topic(clinic_id, _USER, channel)}" for channel in TO_DEVICE),
    ]
    for collector in collectors:
        lines += [
            "",
            f"user {collector}",
            *(f"topic read {all_devices(clinic_id, channel)}" for channel in FROM_DEVICE),
            *(f"topic write {all_devices(clinic_id, channel)}" for channel in TO_DEVICE),
        ]
    return "\n".join(lines) + "\n"

"""The files that hold the instrument's identity, and who may write them when."""

import contextlib
import fcntl
import glob
import os
import pwd
from collections.abc import Iterator
from pathlib import Path

from device.identity.errors import EnrolmentFailed
from groundwork.broker_settings import BrokerSettings
from groundwork.credential import is_credential


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep enrolment and renewal of one certificate apart: a certificate must never come to lie beside another key.

    The lock is the folder's own (flock(2)): nothing is left behind, and it ends with the process.

    Raises
    ------
    BlockingIOError
        If another process is at it.
    OSError
        If the folder is not there.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BlockingIOError(f"another enrolment or renewal is at work in {folder}") from error
        yield
    finally:
        os.close(descriptor)


def refuse_unwritable(broker: BrokerSettings) -> None:
    """Find before the clinic is asked whether what it answers can be kept.

    Raises
    ------
    EnrolmentFailed
        If not.
    """
    if is_credential(broker.key):
        raise EnrolmentFailed(
            "The key of [broker] is a credential that systemd hands over, and cannot be written. Name a file there,"
            " enrol, make the credential of that file with systemd-creds, and name the credential again."
        )
    places = (broker.key, broker.authority, broker.certificate)
    if len({place.resolve() for place in places}) < len(places):
        raise EnrolmentFailed("authority, certificate and key of [broker] must be three files: correct the settings.")
    for folder in dict.fromkeys(place.absolute().parent for place in places):
        if not folder.is_dir():
            raise EnrolmentFailed(f"The folder {folder} is not there: make it, for the user that the service runs as.")
        owner = folder.stat().st_uid
        if os.geteuid() == 0 and owner != 0:
            raise EnrolmentFailed(
                f"The folder {folder} belongs to {_name(owner)}, who could not read a key of root's: run this command"
                f" as that user (sudo -u {_name(owner)} ...)."
            )
        if not os.access(folder, os.W_OK | os.X_OK):
            raise EnrolmentFailed(
                f"The folder {folder} cannot be written by this user: run this command as {_name(owner)}, or name"
                " another folder in the settings."
            )


def remove_left_over(*paths: Path) -> None:
    """Delete what writing these files left beside them when the power went: it may be a key.

    Raises
    ------
    OSError
        If it cannot be deleted.
    """
    for path in paths:
        for partial in path.absolute().parent.glob(f"{glob.escape(path.name)}.*.partial"):
            partial.unlink(missing_ok=True)


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"

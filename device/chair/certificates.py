"""The certificates at hand: a folder of TOML files that the administrator fills, one for each target."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from device import clock
from device.calibration.certificate import (
    Certificate,
    CertificateExpired,
    CertificateUnreadable,
    Charuco,
    DotGrid,
    StageMicrometer,
    read_certificate,
)
from device.chair.refusals import ChairRefused
from device.settings import DeviceSettings

MOST_FILES = 64
MOST_BYTES = 256 * 1024
_SCALES = (DotGrid, Charuco, StageMicrometer)


@dataclass(frozen=True)
class Offered:
    """One file of the folder.

    Parameters
    ----------
    file_name
        In the folder.
    certificate
        None where it cannot be read.
    fault
        Why it cannot be used, in a sentence; None where it can.
    """

    file_name: str
    certificate: Certificate | None
    fault: str | None


def folder_of(settings: DeviceSettings) -> Path:
    """Return where the certificates lie."""
    return settings.calibration.certificates or settings.state_folder / "certificates"


def offered(settings: DeviceSettings) -> tuple[Offered, ...]:
    """Return the folder's files by name, those that cannot be used with their reason; none where there is no folder.

    Raises
    ------
    ChairRefused
        If the folder cannot be listed.
    """
    folder = folder_of(settings)
    try:
        files = sorted(folder.glob("*.toml"))[:MOST_FILES] if folder.exists() else []
    except OSError as error:
        raise ChairRefused(
            f"The folder of certificates cannot be read ({error.strerror}). Tell the administrator: it is named under"
            " [calibration]."
        ) from error
    today = clock.now().date()
    return tuple(_offered(file, today) for file in files)


def chosen(settings: DeviceSettings, names: Collection[str]) -> tuple[Certificate, ...]:
    """Return the certificates of these files.

    Parameters
    ----------
    settings
        The instrument's.
    names
        Of files of the folder; nothing outside of it is read.

    Raises
    ------
    ChairRefused
        If one cannot be used, two are of one kind, or none is of a target that tells the scale.
    """
    by_name = {one.file_name: one for one in offered(settings)}
    certificates: list[Certificate] = []
    for name in names:
        one = by_name.get(name)
        if one is None:
            raise ChairRefused("A certificate that was chosen is there no longer. Load the page again and choose anew.")
        if one.certificate is None or one.fault is not None:
            raise ChairRefused(one.fault or "A certificate that was chosen cannot be used. Choose another.")
        certificates.append(one.certificate)
    _require_a_set(certificates)
    return tuple(certificates)


def proposed(files: Sequence[Offered]) -> frozenset[str]:
    """Choose beforehand: the first usable one of each use, for the scale the target that tells most of it."""
    usable = [one for one in files if one.certificate is not None and one.fault is None]
    by_kind: dict[str, str] = {}
    for one in usable:
        assert one.certificate is not None  # noqa: S101  for mypy: looked at above
        by_kind.setdefault(one.certificate.kind, one.file_name)
    scales = [kind for kind in (model.model_fields["kind"].default for model in _SCALES) if kind in by_kind]
    for kind in scales[1:]:
        del by_kind[kind]
    return frozenset(by_kind.values())


def _offered(file: Path, today: date) -> Offered:
    try:
        if file.stat().st_size > MOST_BYTES:
            return Offered(file.name, None, f"{file.name} is too large for a certificate. Put the right file there.")
        certificate = read_certificate(file)
        certificate.require_in_date(today)
    except CertificateExpired as error:
        return Offered(file.name, certificate, str(error))
    except CertificateUnreadable as error:
        return Offered(file.name, None, str(error).replace(str(file), file.name))
    except OSError as error:
        return Offered(file.name, None, f"{file.name} cannot be read ({error.strerror}). Put it there again.")
    return Offered(file.name, certificate, None)


def _require_a_set(certificates: Sequence[Certificate]) -> None:
    kinds = [one.kind for one in certificates]
    twice = next((kind for kind in kinds if kinds.count(kind) > 1), None)
    if twice is not None:
        raise ChairRefused(f"Two certificates of kind {twice} were chosen. Choose the one of the target at hand.")
    scales = [one for one in certificates if isinstance(one, _SCALES)]
    if not scales:
        raise ChairRefused(
            "Without the scale there is no calibration. Choose the certificate of a dot grid, a ChArUco board or a"
            " stage micrometer."
        )
    if len(scales) > 1:
        raise ChairRefused("Two targets for the scale were chosen. Choose the one that is at hand.")

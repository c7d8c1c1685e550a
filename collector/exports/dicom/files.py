"""A patient's captures as a folder of DICOM files: whole, or not there."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.fileset import FileInstance, FileSet

from collector.exports.dicom import identifiers
from collector.exports.dicom.picture import encoded, picture
from collector.exports.dicom.picture_file import PictureNotExportable
from collector.exports.dicom.report import report
from collector.exports.dicom.settings import DicomSettings
from collector.exports.dicom.values import NotATime, is_a_time
from contract import Capture, Review
from groundwork.durable_file import sync_folder, write_durably

PictureBytes = Callable[[str], bytes | None]
"""Gives a picture's bytes by its digest, None while it is not there."""


class FolderNotWritten(Exception):
    """The folder could not be written, and is not there; the message says why and what to do."""


@dataclass(frozen=True)
class Exported:
    """What a folder holds.

    ``left_out`` says in sentences of which captures the picture, or all, could not be written, and why; by their id.
    """

    files: tuple[Path, ...]
    left_out: dict[str, str]


def write_folder(
    folder: Path,
    captures: Sequence[tuple[Capture, Review | None]],
    picture_bytes: PictureBytes,
    settings: DicomSettings,
    *,
    dicomdir: bool = False,
) -> Exported:
    """Write a patient's captures, each as a picture and a report on it.

    A file's name is the same each time: ``visit-0001/frontal/<capture>-picture.dcm``, and ``...-report.dcm`` beside it.
    With a DICOMDIR, names and folders are those of a file-set (PS3.10, 8: eight characters a name).

    Parameters
    ----------
    folder
        Where; it must not be there yet, and the folder above it must.
    captures
        Each with its latest review, or None. Of each visit all that there are: the first gives the study its time.
    picture_bytes
        Gives the pictures, one at a time.
    settings
        What the clinic states.
    dicomdir
        Whether a DICOMDIR lists the files, as removable media need it.

    Raises
    ------
    FolderNotWritten
        If there are no captures, or it exists already, or cannot be written: then nothing is left of it.
    """
    if not captures:
        raise FolderNotWritten("There is nothing to write: the patient has no captures. Check the code.")
    if folder.exists():
        raise FolderNotWritten(
            f"{folder} exists already. Name a folder that does not, so that nothing is written over."
        )
    try:
        partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".partial", dir=folder.parent))
        try:
            exported = _write(partial, captures, picture_bytes, settings)
            if dicomdir:
                exported = _as_file_set(partial, exported)
            partial.chmod(0o700)  # what is in it is for whoever exports, and for nobody else on the machine
            _put_in_place(partial, folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise FolderNotWritten(
            f"{folder} could not be written ({error.strerror or error}). Look at the disk and at whose folder it is;"
            " nothing is left of it."
        ) from error
    return exported


def instances(
    captures: Sequence[tuple[Capture, Review | None]],
    picture_bytes: PictureBytes,
    settings: DicomSettings,
    left_out: dict[str, str],
) -> Iterable[tuple[Capture, str, Dataset]]:
    """Give each capture's instances one after another, the picture before the report: for a folder, or for a PACS.

    Parameters
    ----------
    captures, picture_bytes, settings
        As for `write_folder`.
    left_out
        Is told of captures whose picture, or all, cannot be given: their id, and why.
    """
    began = visits_began(capture for capture, _ in captures)
    for capture, review in captures:
        visit_began = began.get(identifiers.study_of(capture))
        try:
            of_figures = report(capture, settings, review, visit_began)
        except NotATime as error:
            left_out[str(capture.message_id)] = str(error)
            continue
        content = picture_bytes(capture.picture.sha256)
        if content is None:
            left_out[str(capture.message_id)] = "The picture has not arrived yet. Export again once it has."
        else:
            try:
                yield capture, "picture", picture(capture, content, settings, visit_began)
            except PictureNotExportable as error:
                left_out[str(capture.message_id)] = str(error)
        yield capture, "report", of_figures


def visits_began(captures: Iterable[Capture]) -> dict[str, datetime]:
    """Return when the first of each study's captures was taken, by the study's identifier.

    What a clock said that cannot be right is left out.
    """
    began: dict[str, datetime] = {}
    for capture in captures:
        if not is_a_time(capture.taken_at):
            continue
        study = identifiers.study_of(capture)
        began[study] = min(began.get(study, capture.taken_at), capture.taken_at)
    return began


def _write(
    folder: Path,
    captures: Sequence[tuple[Capture, Review | None]],
    picture_bytes: PictureBytes,
    settings: DicomSettings,
) -> Exported:
    files: list[Path] = []
    left_out: dict[str, str] = {}
    for capture, kind, dataset in instances(captures, picture_bytes, settings, left_out):
        name = Path(f"visit-{capture.visit_number:04d}", capture.site, f"{capture.message_id}-{kind}.dcm")
        path = folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(path, encoded(dataset), mode=0o600)
        files.append(name)
    return Exported(tuple(files), left_out)


def _as_file_set(folder: Path, exported: Exported) -> Exported:
    """Put the files in a file-set's order, with a DICOMDIR; pydicom names them by their place among the patient's."""
    with_directory = folder / "set"
    file_set = FileSet()
    try:
        file_set.UID = identifiers.named("file-set", *sorted(str(name) for name in exported.files))
        for name in exported.files:
            _keep_modifiers(file_set.add(folder / name))
        file_set.write(with_directory)
    finally:
        file_set._stage["t"].cleanup()  # a folder of its own, which it would leave to chance
    for visit in {name.parts[0] for name in exported.files}:
        shutil.rmtree(folder / visit)
    for part in list(with_directory.iterdir()):
        part.rename(folder / part.name)
    with_directory.rmdir()
    return Exported(
        tuple(sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())),
        exported.left_out,
    )


def _keep_modifiers(instance: FileInstance) -> None:
    """Leave of a report's tree in its directory record what modifies the title, and nothing else (PS3.3, F.5.25)."""
    record = instance.node._record
    if "ContentSequence" in record:
        modifiers = [item for item in record.ContentSequence if item.RelationshipType == "HAS CONCEPT MOD"]
        record.ContentSequence = modifiers


def _put_in_place(partial: Path, folder: Path) -> None:
    for part in sorted(partial.rglob("*"), reverse=True):
        if part.is_dir():
            part.chmod(0o700)
            sync_folder(part)
        else:
            part.chmod(0o600)
            with part.open("rb") as file:
                os.fsync(file.fileno())
    sync_folder(partial)
    partial.rename(folder)
    sync_folder(folder.parent)

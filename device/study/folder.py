"""A study's folder: which file is a repeat of which subject, and by whom."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from contract import Measurement
from device.picture_file import PICTURE_SUFFIXES

_MEASUREMENT_SUFFIX = ".json"
_OVERLAY = ".overlay"

HOW_FOLDERS_ARE = (
    "Give one sub-folder a subject with its repeats in it (or in one sub-folder an operator), or files named"
    " SUBJECT_REPEAT, such as P-0042_1.jpg"
)


class StudyUnfit(ValueError):
    """A study's folder or the store does not hold what a study needs; the message says what and what to do."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """One file of a study: the picture, or its measurement, of a subject; the operator where it is known."""

    subject: str
    operator: str | None
    file: Path

    @property
    def is_picture(self) -> bool:
        """Whether it has still to be measured."""
        return self.file.suffix.lower() != _MEASUREMENT_SUFFIX


def repeats_in(folder: Path) -> list[Repeat]:
    """List a study's files in the order of their names, subject by subject.

    ``FOLDER/SUBJECT/*`` holds the repeats of a subject, or ``FOLDER/SUBJECT/OPERATOR/*`` those of each operator (or
    instrument); else ``FOLDER/SUBJECT_REPEAT.*`` does, where the subject is all before the last ``_``. A file is a
    picture or what ``trichoscope measure --out`` writes of one; of a picture that lies beside its measurement, the
    measurement is taken. Overlays and hidden files are passed over.

    Raises
    ------
    StudyUnfit
        If the folder cannot be read, mixes both forms, holds a copy of one file under two names, or nothing repeated.
    """
    try:
        inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        subjects = [path for path in inside if path.is_dir()]
        loose = _files(folder)
        if subjects and loose:
            raise StudyUnfit(
                f"{folder}: sub-folders and loose files such as {loose[0].name}. {HOW_FOLDERS_ARE}, not both."
            )
        repeats = [one for subject in subjects for one in _of_subject(subject)] or [_by_name(file) for file in loose]
        _refuse_copies(repeats)
    except OSError as error:
        raise StudyUnfit(
            f"{error.filename or folder}: cannot be read ({error.strerror}). Name a study's folder."
        ) from None
    if not repeats:
        raise StudyUnfit(f"{folder}: neither pictures nor measurements. {HOW_FOLDERS_ARE}.")
    if len({one.subject for one in repeats}) == len(repeats):
        raise StudyUnfit(f"{folder}: no subject has two files, so nothing is repeated. {HOW_FOLDERS_ARE}.")
    return sorted(repeats, key=lambda one: one.subject)  # stable: files of one subject keep their order


def operators_of(repeats: Sequence[Repeat]) -> list[str]:
    """Name the operators (or instruments) where two at least measured every subject; else none."""
    by_subject: dict[str, set[str | None]] = defaultdict(set)
    for one in repeats:
        by_subject[one.subject].add(one.operator)
    first = next(iter(by_subject.values()))
    names = sorted(name for name in first if name is not None)
    return names if len(names) > 1 and all(one == set(names) for one in by_subject.values()) else []


def read_measurement(file: Path) -> Measurement:
    """Read what ``trichoscope measure --out`` wrote.

    Raises
    ------
    StudyUnfit
        If the file cannot be read, or is no measurement.
    """
    try:
        return Measurement.model_validate_json(file.read_bytes())
    except OSError as error:
        raise StudyUnfit(
            f"{file}: cannot be read ({error.strerror}). Write it anew with `trichoscope measure`."
        ) from None
    except ValidationError:
        raise StudyUnfit(
            f"{file}: no measurement of one picture. Take it out of the folder, or write it with `trichoscope measure"
            " --out`."
        ) from None


def _of_subject(folder: Path) -> list[Repeat]:
    operators = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not operators:
        return [Repeat(folder.name, None, file) for file in _files(folder)]
    if loose := _files(folder):
        raise StudyUnfit(f"{folder}: operators' folders and loose files such as {loose[0].name}. {HOW_FOLDERS_ARE}.")
    return [Repeat(folder.name, operator.name, file) for operator in operators for file in _files(operator)]


def _by_name(file: Path) -> Repeat:
    subject, found, repeat = file.stem.rpartition("_")
    if not (found and subject and repeat):
        raise StudyUnfit(f"{file}: its name does not say whose it is. {HOW_FOLDERS_ARE}.")
    return Repeat(subject, None, file)


def _files(folder: Path) -> list[Path]:
    files = [
        path
        for path in sorted(folder.iterdir())
        if path.is_file()
        and not path.name.startswith(".")
        and not path.stem.endswith(_OVERLAY)
        and path.suffix.lower() in PICTURE_SUFFIXES | {_MEASUREMENT_SUFFIX}
    ]
    measured = {path.stem for path in files if path.suffix.lower() == _MEASUREMENT_SUFFIX}
    return [path for path in files if path.suffix.lower() == _MEASUREMENT_SUFFIX or path.stem not in measured]


def _refuse_copies(repeats: Sequence[Repeat]) -> None:
    """Refuse a file under two names: it would be a repeat without noise, and narrow the floor."""
    seen: dict[bytes, Path] = {}
    for one in repeats:
        digest = hashlib.sha256(one.file.read_bytes()).digest()
        if digest in seen:
            raise StudyUnfit(f"{one.file} and {seen[digest]} are one and the same. Take one of them out of the folder.")
        seen[digest] = one.file

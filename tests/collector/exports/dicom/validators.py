"""The validators of others: dicom3tools' ``dciodvfy`` and dcmtk's ``dcmftest``."""

import re
import shutil
import subprocess
from pathlib import Path

from pydicom.dataset import Dataset

from collector.exports.dicom.picture import encoded

KNOWN_WARNINGS = {
    # the validator is of 2022
    "Modality - Unrecognized defined term = <DMS>",
    # a private scheme is by definition unknown to it
    "CodingSchemeDesignator - Unrecognized defined term = <99TRICHO>",
    "CodingSchemeUID - Unrecognized defined term = <2.25.75467939514687881599771369725966177396>",
}
"""What ``dciodvfy`` may say of what is right: element and complaint."""

_COMPLAINT = re.compile(r"(Error|Warning) - <(?:.*/)?(\w+)\([0-9a-f,]+\)(?:\[\d+\])?> (- .*)")


def written(dataset: Dataset, folder: Path) -> Path:
    """Return the file of a dataset."""
    path = folder / f"{dataset.SOPInstanceUID}.dcm"
    path.write_bytes(encoded(dataset))
    return path


def complaints(path: Path) -> tuple[list[str], set[str]]:
    """Return what ``dciodvfy`` finds: errors as it words them, and warnings as element and complaint."""
    ran = _run("dciodvfy", "-new", path)
    lines = (ran.stdout + ran.stderr).splitlines()
    errors = [line for line in lines if line.startswith("Error")]
    warnings = set()
    for line in lines:
        if line.startswith("Warning"):
            found = _COMPLAINT.fullmatch(line)
            warnings.add(line if found is None else f"{found[2]} {found[3]}")
    assert errors or ran.returncode == 0, lines
    return errors, warnings


def is_dicom_file(path: Path) -> bool:
    """Tell whether ``dcmftest`` takes it for a DICOM file."""
    ran = _run("dcmftest", path)
    return ran.returncode == 0 and ran.stdout.startswith("yes:")


def as_text(path: Path) -> str:
    """Return a structured report as dcmtk's ``dsrdump`` reads it."""
    ran = _run("dsrdump", "+Pc", "+Pl", path)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def as_png(path: Path) -> Path:
    """Return a picture's file as dcmtk's ``dcmj2pnm`` shows it."""
    shown = path.with_suffix(".png")
    ran = _run("dcmj2pnm", "+on", path, shown)
    assert ran.returncode == 0, ran.stderr
    return shown


def _run(tool: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    found = shutil.which(tool)
    assert found is not None, f"{tool} is not installed: tools/prepare says which package holds it"
    return subprocess.run([found, *arguments], capture_output=True, text=True, check=False, errors="replace")

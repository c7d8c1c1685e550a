"""Noise floors on the disk: what a study found, for the settings to name."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from analysis.noise.floor import Difference, NoiseFloor, Source
from device import SOFTWARE_VERSION
from groundwork.durable_file import write_durably


class FloorUnreadable(ValueError):
    """A file of noise floors cannot be used; the message says why and what to do."""


class _Floor(BaseModel):
    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    figure: str
    difference: Difference
    source: Source
    difference_sd: Annotated[float, Field(gt=0)]
    degrees: Annotated[float, Field(gt=0)]
    subjects: Annotated[int, Field(ge=1)]
    # for people who open the file: read again, they are worked out anew
    sd: float | None = None
    smallest_detectable_change: float | None = None
    called_from: float | None = None


class _FloorFile(BaseModel):
    model_config = ConfigDict(extra="ignore")

    format: Literal[1]
    device_id: str | None = None
    made_at: AwareDatetime
    software_version: str
    floors: tuple[_Floor, ...]


def write_floors(path: Path, floors: Iterable[NoiseFloor], *, device_id: str | None, made_at: datetime) -> None:
    """Write floors to a file, whole or not at all.

    Parameters
    ----------
    path
        The file; its folder must exist.
    floors
        Of one study.
    device_id
        The instrument's; None where it is not known.
    made_at
        When the study was worked out.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    content = _FloorFile(
        format=1,
        device_id=device_id,
        made_at=made_at,
        software_version=SOFTWARE_VERSION,
        floors=tuple(_Floor.model_validate(floor.as_dict()) for floor in floors),
    )
    write_durably(path, content.model_dump_json(indent=2).encode() + b"\n")


def read_floors(path: Path) -> tuple[NoiseFloor, ...]:
    """Read floors from a file that `write_floors` wrote.

    Raises
    ------
    FloorUnreadable
        If there is no such file, or it holds something else.
    """
    try:
        content = _FloorFile.model_validate_json(path.read_bytes())
        return tuple(
            NoiseFloor(one.figure, one.difference, one.source, one.difference_sd, one.degrees, one.subjects)
            for one in content.floors
        )
    except OSError as error:
        raise FloorUnreadable(
            f"{path}: cannot be read ({error.strerror}). Name a file that `trichoscope repeatability --out` wrote."
        ) from None
    except (ValidationError, ValueError):
        raise FloorUnreadable(
            f"{path}: holds no noise floors of this release. Write it anew with `trichoscope repeatability --out`."
        ) from None

"""What a calibration target is, by its certificate: a TOML file that comes with the target and is read strictly.

A figure of a certificate is believed as it stands and carries its standard uncertainty into every scale made with it.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, TypeAdapter, model_validator

from device.calibration.fiducials import LEAST_APART, apart
from groundwork.settings_file import read_toml

Words = Annotated[str, Field(min_length=1, max_length=128)]
StandardUncertainty = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Lab = tuple[
    Annotated[float, Field(ge=0, le=100)],
    Annotated[float, Field(ge=-160, le=160)],
    Annotated[float, Field(ge=-160, le=160)],
]


class CertificateUnreadable(ValueError):
    """The certificate's file cannot be used; the message names file, line, key and reason, one fault to a line."""


class CertificateExpired(ValueError):
    """The certificate's last day is over; the message says which and what to do."""


class _Certified(BaseModel):
    """What every certificate says of its target.

    Parameters
    ----------
    certificate_id
        As written on it: records name it.
    maker
        Of the target, with its serial number where it has one.
    issued_on, expires_on
        First and last day; None for no end.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    certificate_id: Words
    maker: Words | None = None
    issued_on: date
    expires_on: date | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.expires_on is not None and self.expires_on < self.issued_on:
            raise ValueError("expires_on lies before issued_on")
        return self

    def require_in_date(self, today: date) -> None:
        """Refuse a certificate that is over.

        Raises
        ------
        CertificateExpired
            If today is past its last day.
        """
        if self.expires_on is not None and today > self.expires_on:
            raise CertificateExpired(
                f"Certificate {self.certificate_id} ended on {self.expires_on}: have the target certified again, or "
                "calibrate with one whose certificate is in date."
            )


class DotGrid(_Certified):
    """Dark round dots on a white ground, on a square lattice.

    Parameters
    ----------
    pitch_um, pitch_sd_um
        Mean distance of neighbouring dots, and its standard uncertainty (half of a stated 95 % uncertainty).
    dot_diameter_um
        Of an ordinary dot.
    columns, rows
        How many dots; more than the picture shows is usual.
    fiducials
        (column, row) of the larger dots, counted from 0 at the top left dot of the target lying face up. They tell how
        the target is turned and whether it lies face down. Every turned or mirrored picture of them must differ by two
        dots at least, so that one dirty dot does not mislead. Empty for a plain grid: then neither is told.
    fiducial_diameter_um
        Of the larger dots.
    """

    kind: Literal["dot-grid"] = "dot-grid"
    pitch_um: PositiveFloat
    pitch_sd_um: StandardUncertainty
    dot_diameter_um: PositiveFloat
    columns: Annotated[int, Field(ge=5, le=1000)]
    rows: Annotated[int, Field(ge=5, le=1000)]
    fiducials: tuple[tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]], ...] = ()
    fiducial_diameter_um: PositiveFloat | None = None

    @model_validator(mode="after")
    def _drawable_and_told_apart(self) -> Self:
        if not 0.2 <= self.dot_diameter_um / self.pitch_um <= 0.7:
            raise ValueError("dot_diameter_um has to be 0.2 to 0.7 of pitch_um")
        if bool(self.fiducials) != (self.fiducial_diameter_um is not None):
            raise ValueError("fiducials and fiducial_diameter_um are given together or not at all")
        if self.fiducial_diameter_um is not None:
            if (
                not 1.25
                <= self.fiducial_diameter_um / self.dot_diameter_um
                <= 0.85 * self.pitch_um / self.dot_diameter_um
            ):
                raise ValueError(
                    "fiducial_diameter_um has to be 1.25 dot_diameter_um at least and 0.85 pitch_um at most"
                )
            if any(column >= self.columns or row >= self.rows for column, row in self.fiducials):
                raise ValueError("a fiducial lies outside of columns and rows")
            if apart(self.fiducials) < LEAST_APART:
                raise ValueError(
                    "the fiducials look too much like themselves turned or mirrored: two dots at least have to differ"
                )
        return self


class Charuco(_Certified):
    """A chessboard with ArUco markers in its white squares.

    The top left square is black; markers are numbered from 0 along the white squares, row by row.

    Parameters
    ----------
    squares_x, squares_y
        How many squares.
    square_um, square_sd_um
        Mean side of a square, and its standard uncertainty.
    marker_um
        Side of a marker with its black border.
    dictionary
        OpenCV's name of the markers' dictionary.
    """

    kind: Literal["charuco"] = "charuco"
    squares_x: Annotated[int, Field(ge=4, le=100)]
    squares_y: Annotated[int, Field(ge=4, le=100)]
    square_um: PositiveFloat
    square_sd_um: StandardUncertainty
    marker_um: PositiveFloat
    dictionary: Annotated[str, Field(pattern=r"^DICT_[4-7]X[4-7]_(50|100|250|1000)$")] = "DICT_4X4_250"

    @model_validator(mode="after")
    def _markers_fit(self) -> Self:
        if not 0.4 <= self.marker_um / self.square_um <= 0.85:
            raise ValueError("marker_um has to be 0.4 to 0.85 of square_um")
        if (self.squares_x * self.squares_y) // 2 > int(self.dictionary.rsplit("_", 1)[1]):
            raise ValueError("the dictionary has fewer markers than the board has white squares")
        return self


class StageMicrometer(_Certified):
    """A scale of dark marks across a line, etched on glass.

    Parameters
    ----------
    division_um, division_sd_um
        Mean distance of neighbouring marks, and its standard uncertainty.
    divisions
        How many: one less than there are marks.
    mark_um
        Width of a mark.
    major_every, medium_every
        Every how many divisions a mark is longest, and longer; the first mark is longest.
    major_mm, medium_mm, minor_mm
        Lengths of the marks.
    """

    kind: Literal["stage-micrometer"] = "stage-micrometer"
    division_um: PositiveFloat
    division_sd_um: StandardUncertainty
    divisions: Annotated[int, Field(ge=10, le=10000)]
    mark_um: PositiveFloat
    major_every: Annotated[int, Field(ge=1, le=100)] = 10
    medium_every: Annotated[int, Field(ge=1, le=100)] = 5
    major_mm: PositiveFloat = 1.5
    medium_mm: PositiveFloat = 1.0
    minor_mm: PositiveFloat = 0.6

    @model_validator(mode="after")
    def _longest_last(self) -> Self:
        if not self.minor_mm <= self.medium_mm <= self.major_mm:
            raise ValueError("minor_mm, medium_mm and major_mm have to rise")
        if self.major_every % self.medium_every:
            raise ValueError("major_every has to be a multiple of medium_every")
        if self.mark_um > 0.6 * self.division_um:
            raise ValueError("mark_um has to be 0.6 division_um at most")
        return self


class SlantedEdge(_Certified):
    """Dark squares turned a little against the picture's rows, for blur.

    Parameters
    ----------
    square_um
        Side of a square.
    pitch_um
        Distance of neighbouring squares' middles.
    slant_deg
        By which the squares are turned.
    """

    kind: Literal["slanted-edge"] = "slanted-edge"
    square_um: PositiveFloat
    pitch_um: PositiveFloat
    slant_deg: Annotated[float, Field(ge=2, le=20)] = 5.0


class WhiteCard(_Certified):
    """A plain, matt, white card."""

    kind: Literal["white-card"] = "white-card"


class ColourChart(_Certified):
    """Patches of known colour in rows and columns.

    Parameters
    ----------
    columns, rows
        How many patches.
    patches_lab
        CIELAB (D65, 2 degrees) of each patch, row by row from the top left.
    """

    kind: Literal["colour-chart"] = "colour-chart"
    columns: Annotated[int, Field(ge=2, le=40)]
    rows: Annotated[int, Field(ge=2, le=40)]
    patches_lab: tuple[Lab, ...]

    @model_validator(mode="after")
    def _one_colour_a_patch(self) -> Self:
        if len(self.patches_lab) != self.columns * self.rows:
            raise ValueError(
                f"{self.columns} x {self.rows} patches need as many patches_lab, not {len(self.patches_lab)}"
            )
        return self


Certificate: TypeAlias = Annotated[
    DotGrid | Charuco | StageMicrometer | SlantedEdge | WhiteCard | ColourChart, Field(discriminator="kind")
]
_ANY: TypeAdapter[Certificate] = TypeAdapter(Certificate)


def read_certificate(path: Path) -> Certificate:
    """Read a certificate from its TOML file, whose `kind` says which target it is of.

    Raises
    ------
    CertificateUnreadable
        If the file is missing, is not TOML, or does not fit.
    """
    return read_toml(path, _ANY.validate_python, CertificateUnreadable, called="certificate", part="entry", tag="kind")

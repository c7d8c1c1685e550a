"""The releases of FHIR that are written."""

from enum import StrEnum


class Release(StrEnum):
    """A release; of what is written here, R4 and R4B are alike."""

    R4 = "4.0"
    R5 = "5.0"

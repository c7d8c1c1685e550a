"""What a clinic states of itself and its instruments for DICOM, because no message says it."""

from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import StrEnum


class Polarization(StrEnum):
    """Whether the light that the picture was taken in was polarised."""

    POLARIZED = "POLARIZED"
    NON_POLARIZED = "NON_POLARIZED"


class Contact(StrEnum):
    """Whether the instrument touched the skin."""

    CONTACT = "CONTACT"
    NON_CONTACT = "NON_CONTACT"


class Immersion(StrEnum):
    """What lay between the instrument and the skin, where it touched."""

    ULTRASOUND_GEL = "ULTRASOUND_GEL"
    ALCOHOL = "ALCOHOL"
    WATER = "WATER"
    MINERAL_OIL = "MINERAL_OIL"
    PLASTIC_CAP = "PLASTIC_CAP"


@dataclass(frozen=True, kw_only=True)
class DicomSettings:
    """What the clinic states. Left as it is, nothing is claimed: elements that may be empty are empty.

    Parameters
    ----------
    polarization
        Of instruments that do not say which ring was lit; of the others it is known.
    contact, immersion
        How the instrument is used here. Immersion belongs to contact; None there stays empty.
    recognizable
        Whether a picture shows a person so that they could be recognised (Recognizable Visual Features). A frame is
        about 1 cm2 of scalp: no face, no eye. Clinics that take more than that, or count a tattooed mark, say so.
    manufacturer, model
        Of the instruments; DICOM wants both of every dermoscopic picture.
    issuer_of_patient_id
        Who gives out the patient codes, where a PACS serves several clinics. It may name the clinic: by default it is
        left out.
    time_zone
        The clinic's. Messages are in UTC, and so are elements by default, with the offset beside them.
    """

    polarization: Polarization | None = None
    contact: Contact | None = None
    immersion: Immersion | None = None
    recognizable: bool = False
    manufacturer: str = "trichoscope"
    model: str = "trichoscope"
    issuer_of_patient_id: str | None = None
    time_zone: tzinfo = UTC

    def __post_init__(self) -> None:
        if self.immersion is not None and self.contact is not Contact.CONTACT:
            raise ValueError("an immersion medium belongs to contact: state contact too, or leave the medium out")
        if not self.manufacturer.strip() or not self.model.strip():
            raise ValueError("DICOM wants a manufacturer and a model of every picture: state both")

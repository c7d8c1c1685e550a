"""The `[visits]` and `[patients]` tables of the instrument's settings."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from contract import DONOR_CONTROL, MAX_SITES, PROTOCOL, SiteKey
from device.sites.patient_codes import PatientCodes


class VisitsSettings(BaseModel):
    """What a visit is to have.

    Parameters
    ----------
    protocol
        The sites of one full visit in the order of taking: names of the controlled list, or places such as
        ``g120-l35``. The donor control is always among them.
    arm
        Whether the treatment arm may be recorded here; studies are blind unless the clinic says otherwise.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    protocol: Annotated[tuple[SiteKey, ...], Field(max_length=MAX_SITES)] = tuple(map(str, PROTOCOL))
    arm: bool = False

    @field_validator("protocol")
    @classmethod
    def _with_donor_control(cls, protocol: tuple[SiteKey, ...]) -> tuple[SiteKey, ...]:
        if DONOR_CONTROL not in protocol:
            raise ValueError(
                f"add '{DONOR_CONTROL}': it is the donor control, which does not thin, and without it nobody can tell a"
                " change of the patient's hair from one of the instrument"
            )
        if len(set(protocol)) < len(protocol):
            raise ValueError("a site is named twice; name each once")
        return protocol


class PatientsSettings(BaseModel):
    """How the clinic's patient codes are made.

    Parameters
    ----------
    pattern
        Letters, a hyphen and digits: ``P-[0-9]{4}``, ``(A|B)-12[0-9]{3,5}``. The letters are spelled out, so that no
        name or initials fit; at most four, and 2 to 10 digits in all, the check digit among them.
    check_digit
        Whether the last digit is a check digit, and by which scheme: it shows slips in copying a code.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    pattern: Annotated[str, Field(max_length=64)] = "P-[0-9]{2,10}"
    check_digit: Literal["none", "damm"] = "none"

    @field_validator("pattern")
    @classmethod
    def _within_the_contract(cls, pattern: str) -> str:
        PatientCodes(pattern, checked=False)
        return pattern

    @property
    def codes(self) -> PatientCodes:
        """The clinic's codes."""
        return PatientCodes(self.pattern, checked=self.check_digit == "damm")

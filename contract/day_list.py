"""The patients whom a chair expects today, as the clinic knows them: codes and visit numbers, no names."""

import datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from contract.envelope import CONTRACT_VERSION
from contract.names import ClinicId, DeviceId, PatientCode

MAX_EXPECTED = 200
"""Bound on a day's list: what nobody scrolls through."""


class Expected(BaseModel):
    """One appointment. ``at`` is the clinic's local time of day, None where it has none."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    patient_code: PatientCode
    visit_number: Annotated[int, Field(ge=1, le=9999)]
    at: datetime.time | None = None


class DayList(BaseModel):
    """What one instrument is expected to take on one day; retained at the broker, for that instrument alone.

    A later list of a day takes the place of the earlier one; an empty one says that nobody is expected.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: Literal[1] = CONTRACT_VERSION
    clinic_id: ClinicId
    device_id: DeviceId
    made_at: AwareDatetime
    day: datetime.date
    expected: Annotated[tuple[Expected, ...], Field(max_length=MAX_EXPECTED)] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        named = [(one.patient_code, one.visit_number) for one in self.expected]
        if len(set(named)) < len(named):
            raise ValueError("a patient's visit is listed once")
        return self

    def encode(self) -> bytes:
        """Return the list as it travels: UTF-8 JSON, one line."""
        return self.model_dump_json().encode()

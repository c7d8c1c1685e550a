"""Which visit, and which site of it, an address names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from contract import PATIENT_CODE, PatientCode, SiteKey
from device.chair.appointments import VisitStanding, open_visits
from device.store import Store

_CODE = re.compile(PATIENT_CODE)
NUMBER = re.compile(r"[1-9][0-9]{0,3}")
"""Of a visit, as an address spells it."""

_SITE: TypeAdapter[SiteKey] = TypeAdapter(SiteKey)
# It does not repeat the address: somebody may have typed a name there.
_NO_VISIT = "This address names no visit. Choose the visit at the start page."


@dataclass(frozen=True)
class VisitAddress:
    """A visit, by its address.

    Parameters
    ----------
    patient_code
        Of the contract's shape.
    visit_number
        From 1.
    """

    patient_code: PatientCode
    visit_number: int

    @property
    def url(self) -> str:
        """Of the visit's sites."""
        return f"/visits/{self.patient_code}/{self.visit_number}"


def visit_of(request: Request) -> VisitAddress:
    """Return the visit of an address ``/visits/{patient}/{visit}/...``.

    Raises
    ------
    HTTPException
        404 if it names none.
    """
    patient, number = request.path_params["patient"], request.path_params["visit"]
    if _CODE.fullmatch(patient) is None or NUMBER.fullmatch(number) is None:
        raise HTTPException(404, _NO_VISIT)
    return VisitAddress(patient, int(number))


def site_of(request: Request) -> SiteKey:
    """Return the site of an address ``.../sites/{site}/...``.

    Raises
    ------
    HTTPException
        404 if it names none.
    """
    try:
        return _SITE.validate_python(request.path_params["site"])
    except ValidationError as error:
        said = "This address names no place on the head. Choose the site on the visit's page."
        raise HTTPException(404, said) from error


def require_known(store: Store, visit: VisitAddress, stands: VisitStanding) -> bool:
    """Return whether a visit is open.

    Raises
    ------
    HTTPException
        404 if nothing is known of it: it was not begun here, and nothing was taken.
    """
    key = (visit.patient_code, visit.visit_number)
    if any((one.patient_code, one.visit_number) == key for one in open_visits(store)):
        return True
    if stands.ended_at is None and not any(one.captures for one in stands.sites):
        raise HTTPException(
            404, f"Visit {visit.visit_number} of {visit.patient_code} is not open. Begin it at the start page."
        )
    return False

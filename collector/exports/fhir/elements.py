"""The small parts that resources are made of: ids, references, codes, quantities, times."""

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from collector.exports.codes import SNOMED_URL, SYSTEM_OID, SYSTEM_URL, UCUM_URL, SiteCode
from collector.exports.tabular.columns import in_utc

Resource = dict[str, Any]

_NAMESPACE = uuid5(NAMESPACE_OID, SYSTEM_OID)


def stable_id(kind: str, *parts: object) -> str:
    """Return a resource's id: a name-based UUID (RFC 9562, version 5), so that a thing has one in all exports."""
    return str(uuid5(_NAMESPACE, "/".join((kind, *(str(part) for part in parts)))))


def reference(resource: Resource) -> Resource:
    """Return a reference to a resource of the same bundle."""
    return {"reference": f"urn:uuid:{resource['id']}"}


def identifier(kind: str, clinic_id: str, value: str) -> Resource:
    """Return an identifier that a clinic gives out: the same value of another clinic is another thing."""
    system = UUID(stable_id("identifiers", clinic_id, kind))
    return {"system": f"urn:uuid:{system}", "value": value, "assigner": {"display": clinic_id}}


def person(clinic_id: str, code: str) -> Resource:
    """Return a reference to a member of the staff, of whom nothing but the code is known."""
    return {"type": "Practitioner", "identifier": identifier("person", clinic_id, code)}


def local(code: str, display: str) -> Resource:
    """Return a code of the project's own code system."""
    return {"system": SYSTEM_URL, "code": code, "display": display}


def snomed(code: str, display: str) -> Resource:
    """Return a code of SNOMED CT."""
    return {"system": SNOMED_URL, "code": code, "display": display}


def hl7(code_system: str, code: str, display: str) -> Resource:
    """Return a code of one of HL7's own code systems."""
    return {"system": f"http://terminology.hl7.org/CodeSystem/{code_system}", "code": code, "display": display}


def concept(*codings: Resource, text: str | None = None) -> Resource:
    """Return some codes of one meaning, with words."""
    said: Resource = {"coding": list(codings)} if codings else {}
    return said if text is None else said | {"text": text}


def body_site(site: SiteCode) -> Resource:
    """Return a site: its SNOMED CT structure, the project's own code, which alone names just this place, and words."""
    return concept(snomed(*site.structure), local(site.local, site.display), text=site.display)


def quantity(value: float, ucum: str) -> Resource:
    """Return a value in a UCUM unit."""
    return {"value": value, "unit": ucum, "system": UCUM_URL, "code": ucum}


def words(text: str) -> str:
    """Return a text as FHIR may hold it: of control characters it takes tab and line ends alone."""
    return "".join("\ufffd" if ord(sign) < 32 and sign not in "\t\r\n" else sign for sign in text)


def instant(moment: datetime) -> str:
    """Return a time as FHIR writes it: UTC, to the millisecond."""
    return in_utc(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def labelled(resource: Resource, *, simulated: bool) -> Resource:
    """Return a resource that says of itself that no patient is behind it, where that is so."""
    if not simulated:
        return resource
    return resource | {"meta": {"security": [hl7("v3-ActReason", "HTEST", "test health data")]}}

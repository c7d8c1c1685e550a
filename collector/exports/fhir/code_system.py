"""The project's own code system as a FHIR resource: what each code means, for whoever reads it in an archive."""

from collector.exports.codes import (
    CONCEPTS,
    DICOM_SCHEME,
    FIGURES,
    SITES,
    SYSTEM_OID,
    SYSTEM_URL,
    UCUM_URL,
    UNIT_SIZES,
    Concept,
    FigureCode,
    SiteCode,
)
from collector.exports.fhir.elements import Resource, snomed

VERSION = "1"
"""Of the code system: a code may be added; what one means never changes."""


def code_system() -> Resource:
    """Return the code system; alike in R4 and R5."""
    concepts = [
        *(_figure(code) for code in (*FIGURES.values(), *UNIT_SIZES)),
        *(_site(site) for site in SITES.values()),
        *(_plain(one) for one in CONCEPTS),
    ]
    return {
        "resourceType": "CodeSystem",
        "id": "tricho",
        "url": SYSTEM_URL,
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": SYSTEM_URL}],
        "version": VERSION,
        "name": "TrichoscopeCodes",
        "title": "Figures and sites of the trichoscope",
        "status": "active",
        "experimental": False,
        "description": (
            "Figures measured on dermoscopic pictures of the scalp, and the places they were measured at. Neither LOINC"
            f" nor SNOMED CT has codes for these figures. In DICOM the scheme is {DICOM_SCHEME}, {SYSTEM_OID}."
        ),
        "caseSensitive": True,
        "compositional": True,
        "versionNeeded": False,
        "content": "complete",
        "count": len(concepts),
        "property": [
            {"code": "ucum", "description": f"The figure's unit, a code of {UCUM_URL}.", "type": "string"},
            {
                "code": "structure",
                "description": "The narrowest structure of SNOMED CT that holds the site.",
                "type": "Coding",
            },
        ],
        "concept": concepts,
    }


def _figure(code: FigureCode) -> Resource:
    return _plain(Concept(code.code, code.display, code.definition)) | {
        "property": [{"code": "ucum", "valueString": code.ucum}]
    }


def _site(site: SiteCode) -> Resource:
    return {
        "code": site.local,
        "display": site.display,
        "definition": f"A place of the controlled list of sites: {site.display}.",
        "property": [{"code": "structure", "valueCoding": snomed(*site.structure)}],
    }


def _plain(one: Concept) -> Resource:
    return {"code": one.code, "display": one.display, "definition": one.definition}

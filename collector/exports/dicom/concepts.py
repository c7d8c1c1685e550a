"""Codes as DICOM writes them: triplets of code, scheme and meaning (PS3.3, 8)."""

from collections.abc import Mapping
from types import MappingProxyType

from highdicom.sr import CodedConcept
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from collector.exports.codes import DICOM_SCHEME, PHOTOGRAPHY, SYSTEM_OID, Concept, FigureCode, site_code
from contract import Decision, Side, Verdict, side_of

MAX_MEANING = 64
"""Characters of a code's meaning at most: it is a long string."""

LIGHT_RING = Concept(
    "light-ring", "Light ring", "The instrument's ring of lights that was lit, by how it is polarised."
)
HAIR_MODE = Concept("hair-mode", "Hair mode", "How the hair was taken to be: clipped to stubble, or long.")
SITE_MARK = Concept("site-mark", "Mark of the site", "What finds the place again, beside the follicles themselves.")
SCALE_ORIGIN = Concept("scale-origin", "Origin of the scale", "Where the picture's scale is from, and how sure it is.")
FRAME_AREA = Concept("frame-area", "Counting frame, area", "Area of the part of the picture in which hairs count.")
HAIRS_COUNTED = Concept("hairs-counted", "Hairs counted", "Hairs whose root lies in the counting frame.")
GATE = Concept("gate-verdict", "Verdict on the picture", "What the instrument said of the picture's quality.")
VERDICTS = {
    Verdict.PASS: Concept("gate-pass", "Passed", "Nothing speaks against the picture."),
    Verdict.WARN: Concept("gate-warn", "Passed with a warning", "The picture counts; the reasons say what is off."),
    Verdict.REFUSE: Concept("gate-refuse", "Refused", "The picture does not count, unless a person released it."),
}
DECISION = Concept("decision", "Decision on the capture", "Whether a capture is to count, as a person decided.")
DECISIONS = {
    Decision.ACCEPTED: Concept("accepted", "Accepted", "A person accepted the capture."),
    Decision.REJECTED: Concept("rejected", "Rejected", "A person rejected the capture; the comment says why."),
}
COMPARED = Concept("compared", "Two pictures compared", "Hairs of two pictures of one place, matched one by one.")
CHANGES: Mapping[str, FigureCode] = MappingProxyType(
    {
        "density_change_per_cm2": FigureCode(
            "density-change", "Hair density, change", "{hairs}/cm2", "Later less earlier, by hairs matched one by one."
        ),
        "terminal_density_change_per_cm2": FigureCode(
            "terminal-change", "Terminal hair density, change", "{hairs}/cm2", "Later less earlier, by matched hairs."
        ),
        "mean_diameter_change_um": FigureCode(
            "diameter-change", "Mean diameter of kept hairs, change", "um", "Later less earlier, of the same hairs."
        ),
        "cumulative_thickness_change_mm_per_cm2": FigureCode(
            "thickness-change", "Cumulative hair thickness, change", "mm/cm2", "Later less earlier, by matched hairs."
        ),
        "counted_density_change_per_cm2": FigureCode(
            "counted-change", "Hair density, change by counts", "{hairs}/cm2", "Of two pictures each counted by itself."
        ),
        "anagen_share": FigureCode(
            "anagen-share", "Anagen share", "%", "Hairs that grew between two pictures taken days apart, of all.", 100
        ),
        "growth_um_per_day": FigureCode(
            "growth", "Hair growth", "um/d", "Growth in length a day, between two pictures taken days apart."
        ),
    }
)
"""By the names of `contract.Change`'s figures that have an interval."""

FATES: Mapping[str, Concept] = MappingProxyType(
    {
        "matched": Concept("hairs-kept", "Hairs kept", "Hairs seen in both pictures."),
        "new": Concept("hairs-new", "Hairs new", "Hairs of the later picture alone."),
        "lost": Concept("hairs-lost", "Hairs lost", "Hairs of the earlier picture alone."),
        "thicker": Concept("hairs-thicker", "Hairs thicker", "Kept hairs whose diameter grew beyond its uncertainty."),
        "thinner": Concept("hairs-thinner", "Hairs thinner", "Kept hairs whose diameter fell beyond its uncertainty."),
    }
)
"""By the names of `contract.Change`'s counts."""

SAME_PLACE = Concept("same-place", "Same place, probability", "That the two pictures show one place, from 0 to 1.")
SHARED_AREA = Concept("shared-area", "Shared frame, area", "Area in which roots count in both pictures.")
DAYS = Concept("days-between", "Days between", "From the earlier picture to the later one.")
CONCEPTS = (
    COMPARED,
    *FATES.values(),
    SAME_PLACE,
    SHARED_AREA,
    DAYS,
    LIGHT_RING,
    HAIR_MODE,
    SITE_MARK,
    SCALE_ORIGIN,
    FRAME_AREA,
    HAIRS_COUNTED,
    GATE,
    *VERDICTS.values(),
    DECISION,
    *DECISIONS.values(),
)
"""What only DICOM needs of the project's own code system, beside `CHANGES`."""

_UNIT_MEANINGS = {
    "{hairs}/cm2": "hairs per square centimeter",
    "{FU}/cm2": "follicular units per square centimeter",
    "{hairs}/{FU}": "hairs per follicular unit",
    "mm/cm2": "millimeters per square centimeter",
    "um": "micrometer",
    "mm": "millimeter",
    "um/d": "micrometers per day",
    "d": "day",
    "cm2": "square centimeter",
    "%": "percent",
    "1": "no units",
}
"""By UCUM code; PS3.16, 7.2.2 wants words and never ``1``."""

_LATERALITY = {Side.LEFT: codes.SCT.Left, Side.RIGHT: codes.SCT.Right}


def local(concept: Concept | FigureCode) -> CodedConcept:
    """Return a concept of the project's own code system."""
    return CodedConcept(concept.code, DICOM_SCHEME, concept.display[:MAX_MEANING])


def unit(ucum: str) -> CodedConcept:
    """Return a unit; what is in braces alone is its own meaning."""
    return CodedConcept(ucum, "UCUM", _UNIT_MEANINGS.get(ucum, ucum.strip("{}")))


def structure(site: str) -> CodedConcept:
    """Return the narrowest structure of SNOMED CT that holds a site."""
    code, display = site_code(site).structure
    return CodedConcept(code, "SCT", display[:MAX_MEANING])


def place(site: str) -> CodedConcept:
    """Return the site itself, in the project's own code system."""
    code = site_code(site)
    return CodedConcept(code.local, DICOM_SCHEME, code.display[:MAX_MEANING])


def laterality(site: str) -> CodedConcept | None:
    """Return the patient's side of a site, None on the midline."""
    side = side_of(site)
    return CodedConcept.from_code(_LATERALITY[side]) if side in _LATERALITY else None


def photography() -> CodedConcept:
    """Return how the pictures came about."""
    code, display = PHOTOGRAPHY
    return CodedConcept(code, "SCT", display)


def own_scheme() -> Dataset:
    """Return what says which code system the scheme's short name stands for (PS3.3, C.12.1.1.9)."""
    item = Dataset()
    item.CodingSchemeDesignator = DICOM_SCHEME
    item.CodingSchemeUID = SYSTEM_OID
    item.CodingSchemeName = "trichoscope figures and sites"
    return item

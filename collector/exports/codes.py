"""The codes of figures and body sites: the one list for every interface that speaks of them to another system.

No LOINC or SNOMED CT code for hair density or hair diameter was found, so figures have codes of a code system of this
project's own; a mapping can be added to each without changing what was already sent. Units are UCUM (https://ucum.org),
sites SNOMED CT as far as it has them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from contract import Interval, Measurement, Site, SiteKey, place_of, site_name

SYSTEM_OID = "2.25.75467939514687881599771369725966177396"
"""The code system as an OID: the root for UUIDs (ITU-T X.667) with a name-based one, so nobody had to register it."""

SYSTEM_URL = f"urn:oid:{SYSTEM_OID}"
"""The code system as a URI, as FHIR names it."""

DICOM_SCHEME = "99TRICHO"
"""The code system as DICOM designates it: private schemes begin with 99 (PS3.16, section 8.2)."""

SNOMED_URL = "http://snomed.info/sct"
UCUM_URL = "http://unitsofmeasure.org"

MAX_CODE = 16
"""Characters of a code at most: DICOM's Code Value is a short string."""


@dataclass(frozen=True, slots=True)
class Concept:
    """A code of the project's own code system, the words to show, and what it means."""

    code: str
    display: str
    definition: str


@dataclass(frozen=True, slots=True)
class FigureCode:
    """How other systems are told of a figure.

    Parameters
    ----------
    code, display, definition
        Of the project's own code system.
    ucum
        The unit's code.
    factor
        What the contract's number is multiplied by to be in that unit: 100 for shares, which travel as 0 to 1.
    loinc
        The same figure in LOINC, once it has one.
    """

    code: str
    display: str
    ucum: str
    definition: str
    factor: int = 1
    loinc: str | None = None

    def in_ucum(self, number: float) -> float:
        """Return a number of the contract in the UCUM unit: 0.07 is 7 %, not 7.000000000000001 %."""
        return float(Decimal(repr(number)) * self.factor) if self.factor != 1 else number


@dataclass(frozen=True, slots=True)
class SiteCode:
    """How other systems are told of a site.

    Parameters
    ----------
    snomed, snomed_display
        The structure in SNOMED CT; None where it has none for just this place: then `SCALP_SKIN` holds, with the local
        code beside it.
    local, display
        The site's key, which is its code in the project's own code system, and the site in words.
    """

    snomed: str | None
    snomed_display: str | None
    local: str
    display: str

    @property
    def structure(self) -> tuple[str, str]:
        """Code and display of the narrowest SNOMED CT structure that holds the site."""
        if self.snomed is None or self.snomed_display is None:
            return SCALP_SKIN
        return self.snomed, self.snomed_display


SCALP_SKIN = ("43067004", "Skin of scalp")
"""SNOMED CT: the structure that holds every site."""

PHOTOGRAPHY = ("446078004", "Dermoscopic photography")
"""SNOMED CT: how the pictures came about."""

_COUNT, _SHARE = "{hairs}/cm2", "%"

FIGURES: Mapping[str, FigureCode] = MappingProxyType(
    {
        "hair_density_per_cm2": FigureCode(
            "hair-density",
            "Hair density",
            _COUNT,
            "Hairs whose root lies in the counting frame, over the frame's area.",
        ),
        "terminal_density_per_cm2": FigureCode(
            "terminal-density",
            "Terminal hair density",
            _COUNT,
            "As hair density, of hairs of at least the cut-off in projected diameter (40 um unless stated).",
        ),
        "vellus_density_per_cm2": FigureCode(
            "vellus-density",
            "Vellus hair density",
            _COUNT,
            "As hair density, of hairs below the cut-off in projected diameter (40 um unless stated).",
        ),
        "terminal_share": FigureCode(
            "terminal-share",
            "Terminal hair share",
            _SHARE,
            "Terminal hairs over all hairs of the counting frame.",
            100,
        ),
        "thin_hair_share": FigureCode(
            "thin-hair-share",
            "Thin-hair share",
            _SHARE,
            "Hairs under 30 um in projected diameter over all hairs of the counting frame.",
            100,
        ),
        "mean_diameter_um": FigureCode(
            "diameter-mean",
            "Mean projected hair diameter",
            "um",
            "Mean over hairs of the projected shaft width, each the median over its clean sections.",
        ),
        "diameter_spread_um": FigureCode(
            "diameter-sd",
            "Hair diameter, standard deviation",
            "um",
            "Standard deviation of the projected diameter over the hairs of the counting frame.",
        ),
        "diameter_diversity": FigureCode(
            "diam-diversity",
            "Hair diameter diversity",
            _SHARE,
            "Share of hairs whose diameter is off the mean by more than 20 % (anisotrichosis).",
            100,
        ),
        "cumulative_thickness_mm_per_cm2": FigureCode(
            "cumul-thickness",
            "Cumulative hair thickness",
            "mm/cm2",
            "Sum of the projected diameters of all hairs over the counting frame's area.",
        ),
        "mean_length_mm": FigureCode(
            "length-mean",
            "Mean visible hair length",
            "mm",
            "Mean visible length of clipped hairs, from root to tip along the shaft.",
        ),
        "shaft_lightness": FigureCode(
            "shaft-lightness",
            "Hair shaft lightness",
            "1",
            "Median CIELAB L* (D65) of the shafts' cores, highlights left out.",
        ),
        "shaft_contrast": FigureCode(
            "shaft-contrast",
            "Hair shaft contrast to skin",
            "1",
            "Median of the CIELAB L* of the skin beside a shaft, less its core's.",
        ),
        "unit_density_per_cm2": FigureCode(
            "unit-density",
            "Follicular unit density",
            "{FU}/cm2",
            "Follicular units (hairs that leave the skin through one opening) over the counting frame's area.",
        ),
        "hairs_per_unit": FigureCode(
            "hairs-per-unit",
            "Hairs per follicular unit",
            "{hairs}/{FU}",
            "Hairs of the counting frame over its follicular units.",
        ),
    }
)
"""By the names of `contract.Measurement`'s figures; the sizes of units, four in one field, are `UNIT_SIZES`."""

UNIT_SIZES: tuple[FigureCode, FigureCode, FigureCode, FigureCode] = (
    FigureCode("units-of-1", "Share of units with one hair", _SHARE, "Follicular units with one hair, of all.", 100),
    FigureCode("units-of-2", "Share of units with two hairs", _SHARE, "Follicular units with two hairs, of all.", 100),
    FigureCode(
        "units-of-3", "Share of units with three hairs", _SHARE, "Follicular units with three hairs, of all.", 100
    ),
    FigureCode(
        "units-of-4-more",
        "Share of units with four or more hairs",
        _SHARE,
        "Follicular units with four hairs or more, of all.",
        100,
    ),
)
"""Of `contract.Measurement.unit_size_shares`, in its order."""

LOWER_BOUND = Concept("interval-low", "95 % interval, lower bound", "Lower bound of a figure's 95 % interval.")
UPPER_BOUND = Concept("interval-high", "95 % interval, upper bound", "Upper bound of a figure's 95 % interval.")
AUTOMATIC = Concept("automatic", "Measured automatically", "Measured on a calibrated picture by the instrument alone.")
CORRECTED = Concept(
    "corrected", "Measured, then corrected", "The automatic figure with hairs added, removed or moved by a person."
)
LANDMARK = Concept(
    "landmark",
    "Place by landmark distances",
    "A code g<mm>-l<mm>, g<mm>-r<mm> or g<mm>-m0: whole millimetres behind the glabella along the midline, then to the"
    " patient's left or right of it, with a tape on the skin. Each such code is a place of its own.",
)
CONCEPTS = (LOWER_BOUND, UPPER_BOUND, AUTOMATIC, CORRECTED, LANDMARK)
"""What the code system holds beside figures and sites."""

_STRUCTURES: Mapping[Site, tuple[str, str] | None] = {
    Site.FRONTAL: ("699900002", "Skin structure of frontal region of scalp"),
    Site.MID_SCALP: None,
    Site.VERTEX: ("61719002", "Skin of vertex of scalp"),
    Site.OCCIPITAL: ("79951008", "Skin of occipital region"),
    Site.TEMPORAL_LEFT: ("16621002", "Skin of temporal region"),
    Site.TEMPORAL_RIGHT: ("16621002", "Skin of temporal region"),
}


def _site_code(key: SiteKey, structure: tuple[str, str] | None) -> SiteCode:
    snomed, display = structure or (None, None)
    return SiteCode(snomed, display, str(key), site_name(key))


SITES: Mapping[Site, SiteCode] = MappingProxyType(
    {site: _site_code(site.value, structure) for site, structure in _STRUCTURES.items()}
)
"""The controlled sites. SNOMED CT has one temporal region; the side is the local code's."""


def site_code(key: SiteKey) -> SiteCode:
    """Return a site's codes: a controlled site's, or a landmark place's, which SNOMED CT knows as scalp only.

    Raises
    ------
    ValueError
        If the key is none.
    """
    place_of(key)
    return SITES[Site(key)] if key in set(Site) else _site_code(key, None)


def coded_figures(measurement: Measurement) -> Iterator[tuple[FigureCode, Interval]]:
    """Give the figures that a measurement has, each with its code and its interval in the code's UCUM unit."""
    for name, code in FIGURES.items():
        figure: Interval | None = getattr(measurement, name)
        if figure is not None:
            yield code, _in_ucum(code, figure)
    for code, share in zip(UNIT_SIZES, measurement.unit_size_shares or (), strict=False):
        yield code, _in_ucum(code, share)


def _in_ucum(code: FigureCode, figure: Interval) -> Interval:
    return Interval(value=code.in_ucum(figure.value), low=code.in_ucum(figure.low), high=code.in_ucum(figure.high))

"""The contract's terms in words for people."""

from dataclasses import dataclass

from contract import Site, Verdict


@dataclass(frozen=True)
class VerdictWords:
    """A verdict for the eye: a word, and the name of its icon and colour."""

    word: str
    look: str


VERDICTS = {
    Verdict.PASS: VerdictWords("Good picture", "good"),
    Verdict.WARN: VerdictWords("Usable with care", "care"),
    Verdict.REFUSE: VerdictWords("Not usable", "bad"),
}

SITES = {
    Site.FRONTAL: "Frontal",
    Site.MID_SCALP: "Mid-scalp",
    Site.VERTEX: "Vertex",
    Site.OCCIPITAL: "Occipital (donor)",
    Site.TEMPORAL_LEFT: "Temporal left",
    Site.TEMPORAL_RIGHT: "Temporal right",
}

FLAGS = {
    "blur-estimated": "The blur was read from the hairs themselves; thin diameters depend on it.",
    "blur-limits-diameters": "Some hairs are thinner than the optics resolve: their diameters are upper limits.",
    "glare": "Saturated light covers part of the frame; it is left out of the area.",
    "optic-border": "Part of the picture lies outside the round of the optic; it is left out of the area.",
    "few-diameters": (
        "Fewer than seven in ten hairs had a clean stretch to read a diameter from; kind and thickness of the others"
        " are estimates."
    ),
    "no-hair": "No hair was found in the counting frame.",
    "hair-crosses-border": "Hairs leave the picture: their lengths are lower limits, and roots outside do not count.",
    "long-hair": "Hairs are longer than clipped ones: crossings hide roots, and the density is a lower limit.",
    "light-hair": "The hair is lighter than the skin.",
    "covered": "Bubbles, print or a wet film hide part of the frame; it is left out of the area.",
    "colour-uncalibrated": (
        "Colours are not calibrated: lightness and contrast compare only within this instrument and light."
    ),
    "small-frame": "The counting frame is below 0.2 cm²: chance dominates the intervals.",
}

HAIR_MODES = {"clipped": "Clipped", "long": "Long"}

SOURCES = {"settings": "typed into the settings", "target": "measured on a calibration target"}


def flag(name: str) -> str:
    """Return a flag in words; one of a later release by its own name."""
    return FLAGS.get(name, name.replace("-", " "))

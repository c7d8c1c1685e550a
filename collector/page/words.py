"""The contract's terms in words for people."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.flag_words import flag_sentence
from collector.store.alarms import AlarmKind
from contract import Decision, InstrumentChange, SiteKey, Verdict, site_name


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

HAIR_MODES = {"clipped": "Clipped", "long": "Long"}

SOURCES = {"settings": "typed into the settings", "target": "measured on a calibration target"}


def flag(name: str) -> str:
    """Return a flag in words; one of a later release by its own name."""
    return flag_sentence(name)


def site(key: SiteKey) -> str:
    """Return a site in words, as the head of a sentence."""
    words = site_name(key)
    return words[0].upper() + words[1:]


CHECKS = {
    "sharpness": "Edge width",
    "motion": "Motion",
    "motion-direction": "Direction of the motion",
    "dark": "Too dark",
    "bright": "Too bright",
    "glare": "Glare",
    "bubbles": "Bubbles",
    "tilt": "Tilt",
    "fall-off": "Fall-off of the light",
    "mark": "Mark",
    "mark-right": "Mark right of the middle",
    "mark-down": "Mark below the middle",
    "hairs-in-doubt": "Hairs in doubt",
    "repeatability": "Scatter within the burst",
    "hair-order": "Disorder of the hair",
    "hair-cover": "Hair over the field",
    "long-hair": "Long hair over the field",
    "area": "Counting frame",
    "scale": "Scale in date",
}

INSTRUMENT_CHANGES = {
    InstrumentChange.DEVICE: "device",
    InstrumentChange.CAMERA: "camera",
    InstrumentChange.LENS: "lens",
    InstrumentChange.LIGHT: "light",
    InstrumentChange.CALIBRATION: "calibration",
}


def check(name: str) -> str:
    """Return what the gate looked at in words; one of a later release by its own name."""
    return CHECKS.get(name, name.replace("-", " ").capitalize())


def changes(of_instrument: Sequence[InstrumentChange]) -> str:
    """Return in a sentence what of the instrument is another since the site's last capture."""
    *most, last = (INSTRUMENT_CHANGES[change] for change in of_instrument)
    return f"Since the site's last capture, another {', '.join(most) + ' and ' if most else ''}{last}."


ALARMS = {
    AlarmKind.PICTURE_ALTERED: (
        "Other bytes came under this picture's name. They were refused; their beginning is kept in quarantine. Either"
        " they were altered on the way, or the sender is not what it says: look at that instrument, and revoke its"
        " certificate if this cannot be explained."
    ),
    AlarmKind.PICTURE_UNFIT: (
        "What came is no picture that an instrument makes, and was refused. Look at which software runs on it."
    ),
    AlarmKind.MESSAGE_ALTERED: (
        "Another message came under the id of one that is stored. It was refused and is kept in quarantine; what is"
        " stored stays as it was. Look at that instrument, and revoke its certificate if this cannot be explained."
    ),
}

REVIEWED = {
    Decision.ACCEPTED: VerdictWords("Accepted", "good"),
    Decision.REJECTED: VerdictWords("Rejected", "bad"),
}
"""What a person decided of a capture."""

LIGHTS = {"cross": "cross-polarised", "parallel": "parallel-polarised"}
TRIGGERS = {"button": "button", "foot-switch": "foot switch"}


def lights(names: Sequence[str]) -> str:
    """Return which lights an instrument drives; one of a later release by its own name."""
    return _listed(LIGHTS, names) or "None; the instrument's own light is used"


def triggers(names: Sequence[str]) -> str:
    """Return what starts captures beside page and command line; one of a later release by its own name."""
    return _listed(TRIGGERS, names) or "None; captures are started by page or command line"


def _listed(words: dict[str, str], names: Sequence[str]) -> str:
    text = ", ".join(words.get(name, name.replace("-", " ")) for name in names)
    return text[:1].upper() + text[1:]

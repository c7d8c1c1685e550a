"""The contract's terms in words for people: keys of the catalogues, and what is made of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.flag_words import flag_sentence
from collector.page.language import Language, language_of
from collector.store.alarms import AlarmKind
from contract import Decision, InstrumentChange, SiteKey, Verdict, site_name

ENGLISH = language_of("en")


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


def flag(name: str, language: Language = ENGLISH) -> str:
    """Return a flag in words; one of a later release by its own name."""
    return language.sentence(flag_sentence(name))


def site(key: SiteKey, language: Language = ENGLISH) -> str:
    """Return a site in words, as the head of a sentence."""
    words = language.sentence(site_name(key))
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


def check(name: str, language: Language = ENGLISH) -> str:
    """Return what the gate looked at in words; one of a later release by its own name."""
    known = CHECKS.get(name)
    return name.replace("-", " ").capitalize() if known is None else language.words(known)


def changes(of_instrument: Sequence[InstrumentChange], language: Language = ENGLISH) -> str:
    """Return in a sentence what of the instrument is another since the site's last capture."""
    _ = language.words
    *most, last = (_(INSTRUMENT_CHANGES[change]) for change in of_instrument)
    named = _("{most} and {last}").format(most=", ".join(most), last=last) if most else last
    return _("Since the site's last capture, another {named}.").format(named=named)


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


def lights(names: Sequence[str], language: Language = ENGLISH) -> str:
    """Return which lights an instrument drives; one of a later release by its own name."""
    return _listed(LIGHTS, names, language) or language.words("None; the instrument's own light is used")


def triggers(names: Sequence[str], language: Language = ENGLISH) -> str:
    """Return what starts captures beside page and command line; one of a later release by its own name."""
    return _listed(TRIGGERS, names, language) or language.words("None; captures are started by page or command line")


def _listed(words: dict[str, str], names: Sequence[str], language: Language) -> str:
    text = ", ".join(language.words(words[name]) if name in words else name.replace("-", " ") for name in names)
    return text[:1].upper() + text[1:]

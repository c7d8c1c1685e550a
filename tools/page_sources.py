"""Which pages have catalogues, and where what they say is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from collector.exports.codes import FIGURES
from collector.page import device_words, figures, people_words, words
from collector.page.charts import study_words
from collector.report import change_figures, marks

HERE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class PageSources:
    """One page's catalogues and what they are made of.

    Parameters
    ----------
    folder
        Of the page, relative to the repository: with ``templates``, screens and ``language``.
    title
        Stands at the head of its catalogues.
    sentences
        Patterns of the modules whose strings come to be shown as whole sentences; not what only the command line says.
    beside
        Pieces of sentences that no single string of the sources holds: plurals, sites, what the system says of a fault.
    words
        Gives words that stand in tables, and that ``_()`` gets by a variable.
    recorded
        What those modules write into records, which stay as they were written.
    """

    folder: str
    title: str
    sentences: tuple[str, ...]
    beside: tuple[str, ...]
    words: Callable[[], Iterable[str]] = tuple
    recorded: tuple[str, ...] = ()

    @property
    def here(self) -> Path:
        """The page's folder."""
        return HERE / self.folder

    def catalogue(self, language: str) -> Path:
        """Return where a language's catalogue lies."""
        return self.here / "language" / f"{language}.po"


_BOTH_SAY = (
    "{whole} degree {turn}",
    "{whole} degrees {turn}",
    "and",
    "frontal",
    "mid-scalp",
    "midline",
    "occipital",
    "temporal",
    "vertex",
    "um",
    "hairs/cm2",
    "units/cm2",
    "hairs/unit",
    "mm/cm2",
    "No space left on device",
    "Permission denied",
    "No such file or directory",
    "Connection refused",
    "Input/output error",
    "Read-only file system",
)

CHAIR = PageSources(
    folder="device/page",
    title="The chair page",
    sentences=(
        "analysis/chain.py",
        "analysis/comparison/words.py",
        "analysis/correction/*.py",
        "analysis/figure_words.py",
        "analysis/flag_words.py",
        "analysis/found.py",
        "analysis/guidance/*.py",
        "analysis/noise/floor.py",
        "analysis/picture.py",
        "contract/sites.py",
        "device/baseline/*.py",
        "device/calibration/**/*.py",
        "device/camera/[!f]*.py",
        "device/capture.py",
        "device/chair/*.py",
        "device/comparing.py",
        "device/guidance/*.py",
        "device/health/*.py",
        "device/instrument.py",
        "device/lights/*.py",
        "device/outbox/*.py",
        "device/page/**/*.py",
        "device/pins.py",
        "device/quality/*.py",
        "device/settings_edit/*.py",
        "device/sites/*.py",
        "device/store/*.py",
        "device/triggers/*.py",
        "groundwork/settings_file.py",
    ),
    beside=(
        *_BOTH_SAY,
        "Focus",
        "Exposure",
        "Dark",
        "Colour",
        "Scale",
        "Blur",
        "focus",
        "exposure",
        "dark",
        "response",
        "flat-field",
        "colour",
        "scale",
        "blur",
        "button",
        "foot-switch",
        "cross",
        "parallel",
        "cross {share}",
        "parallel {share}",
        "Not Found",
        "Method Not Allowed",
    ),
)


_FLOORS = (
    "stills of one burst (n = {subjects})",
    "repeated placements (n = {subjects})",
    "the donor control over visits (n = {subjects})",
)
_OF_THE_TRAIL = ("study {code}", "report of {site}")
_OF_PLANS = (
    "{what}: one is named twice",
    "the donor control is among the treated sites: it must be one that is not treated",
    "visits: give their numbers in order, each once",
    "baseline and end_point are two of the visits, the baseline before the end point",
    "figure is none of {figures}",
    "reference is none of the arms: name the code of the one the others are held against",
)
"""Of :class:`collector.studies.plan.StudyPlan`, which raises them as values that do not fit."""


def _clinic_tables() -> Iterable[str]:
    """Give the words of the clinic's tables."""
    looks = (words.VERDICTS, words.REVIEWED, device_words.STATES)
    yield from (one.word for table in looks for one in table.values())
    yield device_words.REVOKED.word
    tables = (
        words.HAIR_MODES,
        words.SOURCES,
        words.CHECKS,
        words.INSTRUMENT_CHANGES,
        words.ALARMS,
        words.LIGHTS,
        words.TRIGGERS,
        people_words.ROLES,
        people_words.WHAT_ROLES_DO,
        people_words.ACTIONS,
        change_figures.NAMES,
        change_figures.CALLS,
        marks.WORDS,
    )
    yield from (word for table in tables for word in table.values())
    yield from figures.said()
    yield from (one.display for one in FIGURES.values())
    yield from study_words.units()


CLINIC = PageSources(
    folder="collector/page",
    title="The clinic's pages",
    sentences=(
        "analysis/comparison/words.py",
        "analysis/figure_words.py",
        "analysis/flag_words.py",
        "analysis/noise/floor.py",
        "collector/devices/findings.py",
        "collector/identity/expiry.py",
        "collector/ingestion/[!a]*.py",
        "collector/page/**/*.py",
        "collector/people/*.py",
        "collector/pictures/bucket.py",
        "collector/pictures/folder.py",
        "collector/pictures/giving_out.py",
        "collector/pictures/identifying_tags.py",
        "collector/pictures/pictures.py",
        "collector/pictures/reading.py",
        "collector/pictures/receiving.py",
        "collector/report/change_figures.py",
        "collector/report/document.py",
        "collector/report/pdf.py",
        "collector/store/batches.py",
        "collector/store/database.py",
        "collector/store/rows.py",
        "collector/store/studies.py",
        "collector/store/study_captures.py",
        "collector/store/summary.py",
        "collector/statistics/*.py",
        "collector/studies/*.py",
        "contract/sites.py",
        "device/calibration/in_force.py",
        "device/camera/[!f]*.py",
        "device/health/*.py",
        "device/quality/*.py",
    ),
    beside=(*_BOTH_SAY, "hairs/cm²", "mm/cm²", "µm", *_FLOORS, *_OF_THE_TRAIL, *_OF_PLANS),
    words=_clinic_tables,
    recorded=(
        "command line",
        "everywhere else",
        "first start",
        "nobody known",
        "patients: {allocated}",
        "while it waits",
        "wrong {wrong}",
        "{name} by token {title}",
        "{role} to {value}",
    ),
)

PAGES = (CHAIR, CLINIC)

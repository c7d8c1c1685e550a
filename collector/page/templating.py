"""What all templates know: names, figures and words, and what is the matter with the collector."""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from collector.page import figures, people_words, words
from collector.pictures.pictures import Pictures, PicturesAway
from contract import Decision, HairKind

_HERE = Path(__file__).parent


def templates(clinic_id: str, pictures: Pictures, trouble: Callable[[], str | None]) -> Environment:
    """Return the environment of the pages' templates."""
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        clinic_id=clinic_id,
        software_version=version("trichoscope"),
        trouble=trouble,
        no_room=lambda: pictures.trouble,
        has_picture=lambda sha256: _has_picture(pictures, sha256),
        figure=figures.figure,
        figures=figures.figures,
        figures_beside=figures.beside,
        counts=figures.counts,
        verdicts=words.VERDICTS,
        reviewed=words.REVIEWED,
        rejected=Decision.REJECTED,
        sources=words.SOURCES,
        hair_modes=words.HAIR_MODES,
        terminal=HairKind.TERMINAL,
        role_words=people_words.ROLES,
        language_names=people_words.LANGUAGES,
    )
    environment.filters.update(
        moment=figures.moment,
        day=figures.day,
        size=figures.size,
        scale=figures.scale,
        hair=figures.hair,
        flag=words.flag,
        site=words.site,
        check=words.check,
        changes=words.changes,
        lights=words.lights,
        triggers=words.triggers,
        value=figures.value,
        repeatability=figures.repeatability,
        alone=lambda figure: (figure, None),
    )
    return environment


def _has_picture(pictures: Pictures, sha256: str) -> bool:
    try:
        return pictures.has(sha256)
    except PicturesAway:
        return False  # the page says what is the matter

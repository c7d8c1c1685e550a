"""What all templates know: names, figures and words, and what is the matter with the collector."""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

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
        figure=_to_reader(figures.figure),
        figures=_to_reader(figures.figures),
        figures_beside=_to_reader(figures.beside),
        counts=_to_reader(figures.counts),
        verdicts=words.VERDICTS,
        reviewed=words.REVIEWED,
        rejected=Decision.REJECTED,
        sources=words.SOURCES,
        light_words=words.LIGHTS,
        hair_modes=words.HAIR_MODES,
        terminal=HairKind.TERMINAL,
        role_words=people_words.ROLES,
        language_names=people_words.LANGUAGES,
    )
    environment.filters.update(
        size=_to_reader(figures.size),
        scale=_to_reader(figures.scale),
        hair=_to_reader(figures.hair),
        flag=_to_reader(words.flag),
        site=_to_reader(words.site),
        check=_to_reader(words.check),
        changes=_to_reader(words.changes),
        lights=_to_reader(words.lights),
        triggers=_to_reader(words.triggers),
        value=_to_reader(figures.value),
        repeatability=_to_reader(figures.repeatability),
        alone=lambda figure: (figure, None),
    )
    return environment


def _to_reader(write: Callable[..., Any]) -> Callable[..., Any]:
    """Give what writes something the language of who reads, which a screen is rendered with (`Page.render`)."""

    @pass_context
    def written(context: Context, *shown: object) -> object:
        return write(*shown, language=context["reader"])

    return written


def _has_picture(pictures: Pictures, sha256: str) -> bool:
    try:
        return pictures.has(sha256)
    except PicturesAway:
        return False  # the page says what is the matter

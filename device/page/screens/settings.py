"""The few settings that a technician may change, each with its limits; the whole is checked before it is written."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from contract import PersonCode
from device.chair.refusals import ChairRefused, SeatTaken
from device.page.language import Language
from device.page.reopening import reopened
from device.page.web import Asked, Page, action, done, session_of
from device.settings import DeviceSettings
from device.settings_edit import OFFERED, Kind, Offered, Value, change, offered
from groundwork.settings_file import SettingsFileError

_log = logging.getLogger(__name__)

_Words = Annotated[str, Field(max_length=64)]


class _Saved(Asked):
    by: PersonCode
    values: Annotated[Mapping[_Words, bool | int | float | _Words | None], Field(max_length=len(OFFERED))]


@dataclass(frozen=True)
class _Row:
    setting: Offered
    title: str
    note: str
    unit: str
    choices: tuple[tuple[Value, str], ...]


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""
    opened = secrets.token_hex(8)

    def settings(request: Request) -> Response:
        language = page.language(request)
        groups = [
            (title, [_row(one, language) for one in rows]) for title, rows in _groups(page.chair.settings, language)
        ]
        return page.render(request, "settings.html", groups=groups, file=str(page.chair.settings_file), opened=opened)

    async def opening(_request: Request) -> Response:
        return done(opened=opened)

    def save(request: Request, asked: _Saved) -> Response:
        if (other := page.chair.seat.other_than(session_of(request).session_id, asked.by)) is not None:
            raise SeatTaken(
                f"{other.technician} was last at work on another screen of this instrument, which this would"
                " interrupt. Take over if that is agreed."
            )
        changed = _changed(page.chair.settings, asked.values)
        if not changed:
            return done(reopens=False)
        page.chair.calibrating.busy.require_free()  # opened anew it would break a step off, or hide a capture
        try:
            change(page.chair.settings_file, {one.place: value for one, value in changed})
        except SettingsFileError as error:
            raise ChairRefused(_without_place(str(error))) from error
        for one, value in changed:
            _log.info("%s changed the setting %s from %r to %r.", asked.by, one.name, one.value, value)
        return reopened(request)

    return [
        Route("/settings", settings),
        Route("/settings/opened", opening),
        action("/settings", _Saved, save),
    ]


def _changed(settings: DeviceSettings, values: Mapping[str, Value]) -> list[tuple[Offered, Value]]:
    """Return what differs from what is in force: what somebody else changed in the file meanwhile stays."""
    by_name = {one.name: one for one in offered(settings)}
    if unknown := sorted(set(values) - set(by_name)):
        raise ChairRefused(f"The setting {unknown[0]} is not changed at the page. Edit the file itself.")
    return [(by_name[name], value) for name, value in values.items() if by_name[name].differs(value)]


def _without_place(sentences: str) -> str:
    """Return the sentences without file and line: what was typed is at fault, not a line that anybody sees."""
    return " ".join(line.partition(": ")[2] or line for line in sentences.splitlines())


def _groups(settings: DeviceSettings, language: Language) -> list[tuple[str, list[Offered]]]:
    titles = {
        "chair": language.words("This page"),
        "capture": language.words("Captures"),
        "calibration": language.words("Calibration and clinic"),
    }
    beside = {"baseline": "calibration", "storage": "calibration"}
    groups: dict[str, list[Offered]] = {title: [] for title in titles.values()}
    for one in offered(settings):
        groups[titles[beside.get(one.table, one.table)]].append(one)
    return list(groups.items())


def _row(setting: Offered, language: Language) -> _Row:
    title, note, unit = _said(setting.name, language)
    named = _choices(language)
    if setting.kind is Kind.NUMBER or setting.kind is Kind.WHOLE:
        note = f"{note} {_limits(setting, language)}".strip()
    choices = tuple((value, named.get((setting.name, value), str(value))) for value in setting.choices)
    return _Row(setting, title, note, unit, choices)


def _limits(setting: Offered, language: Language) -> str:
    low = None if setting.low is None else language.number(setting.low)
    high = None if setting.high is None else language.number(setting.high)
    above = language.words("more than") if setting.above_low else language.words("from")
    return f"({above} {low} {language.words('to')} {high})"


def _said(name: str, language: Language) -> tuple[str, str, str]:
    """Return what a setting is called, a word on it, and its unit."""
    words = language.words
    return {
        "chair.language": (words("Language"), "", ""),
        "chair.hand": (words("Capture button"), words("On the side of the free hand."), ""),
        "chair.foot_switch_key": (
            words("Key of the foot switch"),
            words("Touch the field, then press the foot switch that is plugged into this screen."),
            "",
        ),
        "chair.lock_after_minutes": (
            words("Lock after"),
            words("Without a touch, where there is a PIN."),
            words("min"),
        ),
        "capture.hair": (words("Hair is made ready as"), "", ""),
        "capture.mark_expected": (words("Sites carry a tattooed dot"), "", ""),
        "capture.stills": (words("Stills of a capture"), words("Several say how much the figures scatter."), ""),
        "baseline.answer_within_s": (words("Wait for the clinic's baseline"), "", words("s")),
        "calibration.valid_days": (words("A calibration holds"), "", words("days")),
        "calibration.check_within_hours": (words("Check on the target due after"), "", words("h")),
        "storage.keep_free_mb": (words("Stays free on the disk"), "", "MB"),
    }[name]


def _choices(language: Language) -> dict[tuple[str, Value], str]:
    words = language.words
    return {
        ("chair.language", "en"): "English",
        ("chair.language", "de"): "Deutsch",
        ("chair.hand", "left"): words("Left"),
        ("chair.hand", "right"): words("Right"),
        ("capture.hair", "clipped"): words("Clipped"),
        ("capture.hair", "long"): words("Long"),
        ("capture.hair", None): words("Found from the picture"),
        ("capture.mark_expected", False): words("No"),
        ("capture.mark_expected", True): words("Yes"),
    }

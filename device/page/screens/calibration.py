"""The calibration: what is in force, the daily check, and the wizard that makes a new one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from babel.dates import format_date
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from device import clock
from device.calibration.focus import curve_svg
from device.calibration.in_force import InForce
from device.calibration.record import CalibrationRecord, TargetCheck
from device.calibration.reference import scale_target
from device.calibration.session import SessionState
from device.calibration.step_names import StepName
from device.calibration.steps import STEPS, Step
from device.camera import TargetKind
from device.chair.calibrating import Calibrating, SessionDamaged
from device.chair.calibrating_state import CalibratingState, target_of
from device.chair.certificates import chosen, offered, proposed
from device.page.calibration_shown import Figures, facts
from device.page.web import Asked, Nothing, Page, action, done, go, require_seat, session_of

MOST_CERTIFICATES = 16
_MOST_HISTORY = 12
_WIZARD, _OVERVIEW = "/calibration/wizard", "/calibration"


class Standing(StrEnum):
    """How a step of the wizard stands."""

    DONE = "done"
    NOW = "now"
    NEXT = "next"
    LEFT_OUT = "left-out"


@dataclass(frozen=True)
class StepOfWizard:
    """One step as the list shows it."""

    step: Step
    standing: Standing
    reason: str | None
    said: str | None


class _Begin(Asked):
    certificates: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=255)], ...], Field(max_length=MOST_CERTIFICATES)
    ]


class _Run(Asked):
    step: StepName


class _LeaveOut(Asked):
    step: StepName
    reason: Annotated[str, Field(max_length=300)]


def routes(page: Page) -> list[BaseRoute]:
    """Return the addresses of its screens and actions."""
    return [*_screens(page), *_actions(page, page.chair.calibrating)]


def _screens(page: Page) -> list[BaseRoute]:
    chair, calibrating = page.chair, page.chair.calibrating

    def overview(request: Request) -> Response:
        calibration, entries = chair.instrument.calibration(), chair.instrument.records.all()
        begun, damaged = _begun(calibrating)
        record = calibration.record
        return page.render(
            request,
            "calibration.html",
            calibration=calibration,
            record=record,
            figures=None if record is None else Figures.of(record.results),
            age_days=None if record is None else (clock.now() - record.made_at).days,
            curve=None if record is None or record.results.focus is None else curve_svg(record.results.focus, 480, 170),
            last_check=_last_check(entries, calibration),
            history=entries[: -_MOST_HISTORY - 1 : -1],
            begun=begun,
            damaged=damaged,
            camera_trouble=calibrating.camera_trouble,
            known=session_of(request).technician is not None,
        )

    def new(request: Request) -> Response:
        begun, damaged = _begun(calibrating)
        if begun is not None or damaged is not None:
            return RedirectResponse(_OVERVIEW, 303)
        files, language = offered(chair.settings), page.language(request)
        return page.render(
            request,
            "calibration_new.html",
            files=files,
            proposed=proposed(files),
            date=lambda day: format_date(day, locale=language.locale),
            facts=lambda certificate: facts(certificate, language),
            known=session_of(request).technician is not None,
        )

    def check(request: Request) -> Response:
        calibration = chair.instrument.calibration()
        if calibration.record is None:
            return RedirectResponse(_OVERVIEW, 303)
        state = calibrating.state
        ours = state if state.number and state.step is None else None
        findings = ours.check.findings if ours is not None and ours.check is not None else ()
        return page.render(
            request,
            "calibration_check.html",
            calibration=calibration,
            target=scale_target(calibration.record.certificates)[1],
            certificate=scale_target(calibration.record.certificates)[0],
            state=ours,
            busy=state.running,
            findings=findings,
            revision=calibrating.revision,
            known=session_of(request).technician is not None,
        )

    def wizard(request: Request) -> Response:
        begun, damaged = _begun(calibrating)
        if begun is None or damaged is not None:
            return RedirectResponse(_OVERVIEW, 303)
        state = calibrating.state
        present = _present(begun, state, request.query_params.get("step"))
        return page.render(
            request,
            "calibration_wizard.html",
            begun=begun,
            steps=_steps(begun, calibrating, present),
            present=None if present is None else STEPS[present],
            place=None if present is None else tuple(StepName).index(present) + 1,
            settled=present is not None and present not in begun.pending,
            after=() if present is None else _undone(begun, present),
            target=_target(begun, present),
            certificate_id=_certificate_id(begun, present),
            state=state,
            done_step=STEPS[state.step] if state.step is not None else None,
            figures=Figures.of(begun.results),
            before=_figures_in_force(chair.instrument.calibration()),
            revision=calibrating.revision,
            known=session_of(request).technician is not None,
        )

    def progress(request: Request) -> Response:
        state, language = calibrating.state, page.language(request)
        return JSONResponse(
            {
                "revision": calibrating.revision,
                "running": state.running,
                "number": state.number,
                "lines": [language.sentence(line) for line in state.lines],
            }
        )

    return [
        Route(_OVERVIEW, overview),
        Route("/calibration/new", new),
        Route("/calibration/check", check),
        Route(_WIZARD, wizard),
        Route("/calibration/progress", progress),
    ]


def _actions(page: Page, calibrating: Calibrating) -> list[BaseRoute]:
    def begin(request: Request, asked: _Begin) -> Response:
        by = require_seat(page, request)
        calibrating.begin(by, chosen(page.chair.settings, asked.certificates))
        return go(_WIZARD)

    def run(request: Request, asked: _Run) -> Response:
        require_seat(page, request)
        calibrating.run(asked.step)
        return done(revision=calibrating.revision)

    def leave_out(request: Request, asked: _LeaveOut) -> Response:
        require_seat(page, request)
        calibrating.skip(asked.step, asked.reason)
        return done(revision=calibrating.revision)

    def stop(_request: Request, _asked: Nothing) -> Response:
        calibrating.stop()  # by anybody: it harms nothing
        return done(revision=calibrating.revision)

    def check(request: Request, _asked: Nothing) -> Response:
        calibrating.check(require_seat(page, request))
        return done(revision=calibrating.revision)

    def finish(request: Request, _asked: Nothing) -> Response:
        require_seat(page, request)
        calibrating.finish()
        return go(_OVERVIEW)

    def abort(request: Request, _asked: Nothing) -> Response:
        require_seat(page, request)
        calibrating.abort()
        return go(_OVERVIEW)

    return [
        action("/calibration/begin", _Begin, begin),
        action("/calibration/run", _Run, run),
        action("/calibration/leave-out", _LeaveOut, leave_out),
        action("/calibration/stop", Nothing, stop),
        action("/calibration/check", Nothing, check),
        action("/calibration/finish", Nothing, finish),
        action("/calibration/abort", Nothing, abort),
    ]


def _begun(calibrating: Calibrating) -> tuple[SessionState | None, str | None]:
    """Return the calibration on its way; or why it cannot be read."""
    try:
        return calibrating.begun, None
    except SessionDamaged as error:
        return None, str(error)


def _present(begun: SessionState, state: CalibratingState, asked: str | None) -> StepName | None:
    """Choose the step that is shown: the one that runs, else one that was asked for, else the next; None at the end."""
    if state.running and state.step is not None:
        return state.step
    first = begun.pending[0] if begun.pending else None
    try:
        wanted = None if asked is None else StepName(asked)
    except ValueError:
        return first
    return wanted if wanted is not None and (wanted not in begun.pending or wanted is first) else first


def _steps(begun: SessionState, calibrating: Calibrating, present: StepName | None) -> list[StepOfWizard]:
    reasons = {one.step: one.reason for one in begun.skipped}

    def standing(name: StepName) -> Standing:
        if name is present:
            return Standing.NOW
        if name in begun.pending:
            return Standing.NEXT
        return Standing.LEFT_OUT if name in reasons else Standing.DONE

    return [StepOfWizard(STEPS[name], standing(name), reasons.get(name), calibrating.said(name)) for name in StepName]


def _undone(begun: SessionState, step: StepName) -> list[Step]:
    """Return the steps that were done and would have to be done again after this one."""
    later = tuple(StepName)[tuple(StepName).index(step) + 1 :]
    taken = {one.step for one in begun.inputs}
    return [STEPS[name] for name in later if name in taken]


def _target(begun: SessionState, present: StepName | None) -> TargetKind | None:
    return None if present is None else target_of(present, begun.certificates)


def _certificate_id(begun: SessionState, present: StepName | None) -> str | None:
    kind = _target(begun, present)
    return next((one.certificate_id for one in begun.certificates if one.kind == kind), None)


def _figures_in_force(calibration: InForce) -> Figures | None:
    return None if calibration.record is None else Figures.of(calibration.record.results)


def _last_check(entries: list[CalibrationRecord | TargetCheck], calibration: InForce) -> TargetCheck | None:
    if calibration.record is None:
        return None
    record_id = calibration.record.record_id
    of_record = [one for one in entries if isinstance(one, TargetCheck) and one.record_id == record_id]
    return of_record[-1] if of_record else None

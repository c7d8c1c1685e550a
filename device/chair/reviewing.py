"""A person's word on a capture: accepted, rejected, its hairs corrected. The figures themselves are never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

import contract
from analysis import measurement_file
from analysis.correction import CorrectionRefused, corrected
from contract import Capture, Decision, Edit, Review, new_message_id
from device import SOFTWARE_VERSION, clock
from device.chair.appointments import keep_record
from device.chair.refusals import ChairRefused
from device.outbox import Outbox, State
from device.settings import DeviceSettings
from device.sites import Said, reviews_of_visit
from device.store import MessageTooLong, Store

_EDITS: TypeAdapter[tuple[Edit, ...]] = TypeAdapter(tuple[Edit, ...])


class DraftUnreadable(ChairRefused):
    """Corrections that are under way cannot be read."""


def review_of(store: Store, capture: Capture) -> Review | None:
    """Return what was said last of a capture; None where nothing was."""
    return reviews_of_visit(store, capture.patient_code, capture.visit_number).get(capture.message_id)


@dataclass(frozen=True)
class Decided:
    """What was decided of a capture, by whom, and of a rejection why."""

    decision: Decision
    by: str
    reason: str | None = None


def decide(store: Store, settings: DeviceSettings, capture: Capture, decided: Decided) -> Review:
    """Accept or reject a capture; its corrections stay.

    Parameters
    ----------
    store
        Opened by the calling thread.
    settings
        The instrument's.
    capture
        Of the store.
    decided
        What is decided now; it takes the place of what was before.

    Raises
    ------
    ChairRefused
        If a rejection has no reason, or one that is too long.
    device.store.StoreUnusable
    """
    with store.together():
        _refuse_withdrawn(store, capture)
        earlier = review_of(store, capture)
        if earlier is not None and (earlier.decision, earlier.reason) == (decided.decision, decided.reason):
            return earlier  # a second touch says nothing new
        edits, figures = ((), None) if earlier is None else (earlier.edits, earlier.corrected)
        review = _keep(store, capture, decided, edits, figures)
        if Decision.REJECTED in {decided.decision, None if earlier is None else earlier.decision}:
            _compare_anew(store, capture, rejected=decided.decision is Decision.REJECTED)
        keep_record(store, settings, capture.patient_code, capture.visit_number, Said())
    return review


def correct(store: Store, capture: Capture, edits: Sequence[Edit]) -> Review:
    """Keep a capture's corrections, all of them, with the figures that follow; what was decided of it stays.

    Raises
    ------
    ChairRefused
        If one of them cannot be applied, or nothing was corrected.
    device.store.StoreUnusable
    """
    if not edits:
        raise ChairRefused("Nothing was corrected.")
    figures = corrected_figures(capture, edits)  # before the store is held: it takes a while
    with store.together():
        _refuse_withdrawn(store, capture)
        earlier = review_of(store, capture)
        if earlier is not None and earlier.edits != tuple(edits)[: len(earlier.edits)]:
            raise ChairRefused("Another screen has published corrections meanwhile. Load the page again.")
        decided = None
        if earlier is not None and earlier.decision is not None and earlier.decided_by is not None:
            decided = Decided(earlier.decision, earlier.decided_by, earlier.reason)
        under_way = draft(store, capture)
        review = _keep(store, capture, decided, tuple(edits), figures)
        if under_way == tuple(edits):  # what another screen added meanwhile stays under way
            forget_draft(store, capture.message_id)
    return review


def corrected_figures(capture: Capture, edits: Sequence[Edit]) -> contract.Measurement:
    """Return the figures of a capture with corrections applied.

    Raises
    ------
    ChairRefused
        If one of them cannot be applied.
    """
    measurement = measurement_file.read(capture.measurement.model_dump(mode="json"))
    try:
        figures = corrected(measurement, [edit.model_dump(mode="json") for edit in edits])
        return contract.Measurement.model_validate(figures.as_dict())
    except CorrectionRefused as error:
        raise ChairRefused(str(error)) from error
    except ValidationError as error:
        raise ChairRefused("These corrections give no figures that could travel. Undo the last of them.") from error


def draft(store: Store, capture: Capture) -> tuple[Edit, ...]:
    """Return the corrections as they stand at the page: those not yet kept, else those of the last review."""
    row = store.connection.execute(
        "SELECT edits FROM draft WHERE capture_id = ?", (str(capture.message_id),)
    ).fetchone()
    if row is not None:
        try:
            return _EDITS.validate_json(row[0])
        except ValidationError as error:
            raise DraftUnreadable("The corrections under way were made by another release. Discard them.") from error
    review = review_of(store, capture)
    return () if review is None else review.edits


def keep_draft(store: Store, capture_id: UUID, edits: Sequence[Edit]) -> None:
    """Keep corrections that are under way, so that they outlast browser and power."""
    store.connection.execute(
        "INSERT INTO draft VALUES (?, ?) ON CONFLICT (capture_id) DO UPDATE SET edits = excluded.edits",
        (str(capture_id), _EDITS.dump_json(tuple(edits)).decode()),
    )


def forget_draft(store: Store, capture_id: UUID) -> None:
    """Forget corrections that are under way."""
    store.connection.execute("DELETE FROM draft WHERE capture_id = ?", (str(capture_id),))


def _refuse_withdrawn(store: Store, capture: Capture) -> None:
    """Refuse what is about a capture that a person withdrew: not even its review travels."""
    if Outbox(store).state(capture.message_id)[0] is State.WITHDRAWN:
        raise ChairRefused("This picture was withdrawn and stays on the instrument for good. Take it again.")


def _compare_anew(store: Store, capture: Capture, *, rejected: bool) -> None:
    """Have later captures of the site compared again, whose baseline this one was, or is again."""
    for later in store.captures_of_site(capture.patient_code, capture.site):
        if later.visit_number > capture.visit_number and (not rejected or _compared_with(store, later, capture)):
            store.put_off_comparison(later.message_id, clock.now())
    if capture.visit_number > 1 and not rejected:
        store.put_off_comparison(capture.message_id, clock.now())


def _compared_with(store: Store, later: Capture, baseline: Capture) -> bool:
    row = store.connection.execute(
        "SELECT 1 FROM message WHERE channel = 'change' AND patient_code = ? AND visit_number = ? AND site = ?"
        " AND json_extract(CAST(payload AS TEXT), '$.baseline.message_id') = ?",
        (later.patient_code, later.visit_number, later.site, str(baseline.message_id)),
    ).fetchone()
    return row is not None


def _keep(
    store: Store,
    capture: Capture,
    decided: Decided | None,
    edits: tuple[Edit, ...],
    figures: contract.Measurement | None,
) -> Review:
    def compose(sequence: int) -> Review:
        return Review(
            message_id=new_message_id(),
            clinic_id=capture.clinic_id,
            device_id=capture.device_id,
            boot_id=clock.boot_id(),
            sequence=sequence,
            created_at=clock.now(),
            clock_trusted=clock.is_trusted(),
            patient_code=capture.patient_code,
            visit_number=capture.visit_number,
            site=capture.site,
            software_version=SOFTWARE_VERSION,
            capture_id=capture.message_id,
            decision=None if decided is None else decided.decision,
            decided_by=None if decided is None else decided.by,
            reason=None if decided is None else decided.reason,
            edits=edits,
            corrected=figures,
        )

    try:
        return store.keep_message(compose)
    except MessageTooLong as error:
        raise ChairRefused(
            "These are more corrections than travel to the clinic. Reject the picture, and take it again."
        ) from error
    except ValidationError as error:
        raise ChairRefused("A picture is rejected with a reason of 1 to 300 characters.") from error

"""The change of a capture against its baseline as the result screen says it, or why there is none (yet)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.noise.floor import NoiseFloor
from contract import Capture, Comparison, Decision
from device.baseline import kept
from device.chair.reviewing import review_of
from device.comparing import sentences
from device.page.captures import is_held
from device.sites import rejected, reviews_of_site
from device.store import Store


@dataclass(frozen=True)
class ChangeShown:
    """What is said of a capture's change.

    Parameters
    ----------
    sentences
        In the instrument's own words.
    comparison
        None where there is none.
    pending
        Whether one may still come by itself.
    """

    sentences: tuple[str, ...]
    comparison: Comparison | None = None
    pending: bool = False

    @property
    def first(self) -> str:
        """What is said beneath the density: how that changed, or why nothing is compared."""
        compared = self.comparison is not None and self.comparison.change.transform is not None
        return self.sentences[1 if compared else 0]  # device.comparing says what was matched before


def change_shown(store: Store, capture: Capture, floors: Sequence[NoiseFloor]) -> ChangeShown:
    """Return what is said of a capture's change. Nobody is asked, and nothing waited for.

    Parameters
    ----------
    store
        Opened by the calling thread.
    capture
        Of the store.
    floors
        Of the instrument's noise.
    """
    comparison = _last_comparison(store, capture)
    not_counted = rejected(reviews_of_site(store, capture.patient_code, capture.site))
    if comparison is not None and comparison.baseline.message_id not in not_counted:
        return ChangeShown(tuple(sentences(comparison, floors)), comparison)
    why = _why_never(store, capture)
    if why is not None:
        return ChangeShown((why,))
    if _is_to_be_compared(store, capture):
        return ChangeShown(("It is compared later, as soon as its baseline is to be had.",), pending=True)
    return ChangeShown(("No baseline of this site is known: nothing is compared.",))


def _why_never(store: Store, capture: Capture) -> str | None:
    """Say why a capture is not compared; None where nothing is known to speak against it."""
    if capture.visit_number == 1:
        return "This is the patient's first visit: its captures are the baseline of later ones."
    if is_held(capture):
        return "A picture that was refused is not compared."
    review = review_of(store, capture)
    if review is not None and review.decision is Decision.REJECTED:
        return "A picture that was rejected is not compared."
    answer = kept.kept(store, kept.about(capture.patient_code, capture.visit_number, capture.site))
    return None if answer is None else answer.reason


def _last_comparison(store: Store, capture: Capture) -> Comparison | None:
    rows = store.connection.execute(
        "SELECT payload FROM message WHERE channel = 'change' AND patient_code = ? AND visit_number = ? AND site = ?"
        " ORDER BY sequence DESC",
        (capture.patient_code, capture.visit_number, capture.site),
    )
    compared = (Comparison.model_validate_json(payload) for (payload,) in rows)
    return next((one for one in compared if one.followup.message_id == capture.message_id), None)


def _is_to_be_compared(store: Store, capture: Capture) -> bool:
    row = store.connection.execute(
        "SELECT compare_from FROM message WHERE message_id = ?", (str(capture.message_id),)
    ).fetchone()
    return row is not None and row[0] is not None

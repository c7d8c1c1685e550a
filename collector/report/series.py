"""What the clinic holds of one patient's site: which capture counts at each visit, and what it was compared with.

A capture that a person rejected is left out, with every comparison of it. The figures are the automatic ones also where
hairs were corrected: changes are held against a noise floor, and that is known of the automatic figures alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Self

from collector.store.store import Store
from contract import Capture, ComparedCapture, Comparison, Review, SiteKey, baseline_of


@dataclass(frozen=True)
class SiteSeries:
    """One site over its visits.

    Parameters
    ----------
    site
        The site.
    captures
        One a visit, in the visits' order: the last take that counts; where none does, the last.
    comparisons
        One a later visit, in the visits' order.
    rejected
        The captures that were left out, each with what was said of it.
    rejected_comparisons
        The comparisons that were left out with them.
    corrected
        What was said of those of the captures of which hairs were corrected.
    """

    site: SiteKey
    captures: tuple[Capture, ...]
    comparisons: tuple[Comparison, ...]
    rejected: tuple[tuple[Capture, Review], ...] = ()
    rejected_comparisons: tuple[Comparison, ...] = ()
    corrected: tuple[tuple[Capture, Review], ...] = ()

    @classmethod
    def read(cls, store: Store, patient_code: str, site: SiteKey) -> Self:
        """Read a series; it is empty where the clinic holds nothing.

        Raises
        ------
        StoreFailed
            If the store cannot be read.
        """
        reviews = store.reviews_of(patient_code, site)
        taken = store.captures_of_site(patient_code, site)
        stored = [one.comparison for one in store.comparisons_of(patient_code, site)]
        captures = _one_a_visit([one for one in taken if not reviews.rejects(one)])
        counting = [one for one in stored if not reviews.rejects_one_of(one)]
        return cls(
            site,
            captures,
            _one_a_follow_up(counting, captures),
            rejected=tuple((one, review) for one in taken if reviews.rejects(one) and (review := reviews.of(one))),
            rejected_comparisons=tuple(one for one in stored if one not in counting),
            corrected=tuple(
                (one, review) for one in captures if reviews.corrected(one) and (review := reviews.of(one))
            ),
        )

    @property
    def devices(self) -> tuple[str, ...]:
        """Names of the devices that took it, in order."""
        return tuple(dict.fromkeys(capture.device_id for capture in self.captures))

    @property
    def visit_numbers(self) -> tuple[int, ...]:
        """The visits of which anything is known."""
        of_captures = {capture.visit_number for capture in self.captures}
        compared = {end.visit_number for one in self.comparisons for end in (one.baseline, one.followup)}
        return tuple(sorted(of_captures | compared))

    @property
    def baseline(self) -> Capture | None:
        """What later visits are compared with; None where no capture counts."""
        return baseline_of(self.captures, self.captures[-1].visit_number + 1) if self.captures else None

    @property
    def latest(self) -> Comparison | None:
        """The comparison of the latest visit that has one."""
        return self.comparisons[-1] if self.comparisons else None

    def capture_of(self, compared: ComparedCapture) -> Capture | None:
        """Return the capture that a comparison names, None where it has not arrived or another take counts."""
        return next((one for one in self.captures if one.message_id == compared.message_id), None)

    def comparison_at(self, visit_number: int) -> Comparison | None:
        """Return the comparison of a visit, None where there is none."""
        return next((one for one in self.comparisons if one.followup.visit_number == visit_number), None)


def _one_a_visit(captures: Sequence[Capture]) -> tuple[Capture, ...]:
    chosen = []
    for number, takes in groupby(captures, key=lambda capture: capture.visit_number):
        of_visit = list(takes)
        chosen.append(baseline_of(of_visit, number + 1) or of_visit[-1])
    return tuple(chosen)


def _one_a_follow_up(comparisons: Sequence[Comparison], captures: Sequence[Capture]) -> tuple[Comparison, ...]:
    """Choose of each visit's comparisons that of the capture that counts; where it has none, the last."""
    counting = {capture.message_id for capture in captures}
    chosen: dict[int, Comparison] = {}
    for one in comparisons:
        known = chosen.get(one.followup.visit_number)
        if known is None or one.followup.message_id in counting or known.followup.message_id not in counting:
            chosen[one.followup.visit_number] = one
    return tuple(chosen[number] for number in sorted(chosen))

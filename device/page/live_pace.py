"""How large the live pictures are that one watcher gets: as large as its link shows them fresh."""

from __future__ import annotations

STEPS: tuple[tuple[int, int], ...] = (
    (1280, 85),
    (1014, 75),
    (1014, 60),
    (800, 60),
    (640, 60),
    (640, 45),
    (480, 45),
)
"""Greatest width in pixels, and JPEG quality; at the last one single hairs can still be told and aimed at."""

SLOW_S, VERY_SLOW_S, QUICK_S = 0.10, 0.30, 0.05
"""From sending until it is shown. A frame is shown for as long again: what is looked at is thrice that old at most."""

_BEGIN_AT = 2
_PATIENCE, _MOST_PATIENCE = 8, 256


class Pace:
    """The step of one watcher, from how long its frames took to be shown."""

    def __init__(self) -> None:
        self._at = _BEGIN_AT
        self._slow = self._quick = 0
        self._patience = _PATIENCE
        self._since_up = _MOST_PATIENCE

    @property
    def step(self) -> tuple[int, int]:
        """Greatest width and quality of the next frame."""
        return STEPS[self._at]

    def took(self, shown_after_s: float) -> None:
        """Learn how long a frame took: one slow frame may be chance, two are the link."""
        self._since_up += 1
        self._slow = self._slow + 1 if shown_after_s > SLOW_S else 0
        self._quick = self._quick + 1 if shown_after_s < QUICK_S else 0
        if self._slow >= 2 or shown_after_s > VERY_SLOW_S:
            self._go_down()
        elif self._quick >= self._patience:
            self._go_up()

    def _go_down(self) -> None:
        # A step that was too much is not tried again so soon: the picture would change its face all the time.
        tried_too_much = self._since_up <= self._patience
        self._patience = min(2 * self._patience, _MOST_PATIENCE) if tried_too_much else _PATIENCE
        self._at = min(self._at + 1, len(STEPS) - 1)
        self._slow = self._quick = 0

    def _go_up(self) -> None:
        self._at = max(self._at - 1, 0)
        self._quick = self._since_up = 0

"""What a technician reads of a guidance: one sentence, its directions those of the picture as it is seen."""

from __future__ import annotations

from analysis.guidance.guide import THERE_DEG, THERE_MM, Guidance, Lost

_LOST = {
    Lost.FEW_HAIRS: "the baseline shows too few hairs to find it again by; go by the mark and the landmarks",
    Lost.ANOTHER_PLACE: (
        "this frame does not show the baseline's place, or too little of it; focus, hold still, go by the mark"
    ),
}


def sentence(guidance: Guidance) -> str:
    """Say where the camera has to go, that it is there, or that the place was not found, and what to do then."""
    if guidance.move_mm is None or guidance.turn_deg is None or guidance.overlap_share is None:
        return f"Place not found: {_LOST[guidance.lost or Lost.ANOTHER_PLACE]}."
    overlap = f"overlap {100 * guidance.overlap_share:.0f} %"
    if guidance.there:
        return f"This is the place: hold still ({overlap})."
    way = _move(guidance.move_mm)
    turn = _turn(guidance.turn_deg)
    if way and turn:
        return f"Move the camera {way}, and turn it {turn} ({overlap})."
    return f"{'Move' if way else 'Turn'} the camera {way or turn} ({overlap})."


def _move(move_mm: tuple[float, float]) -> str:
    """Word a movement; what rounds to a trifle beside the rest is left out."""
    right, down = move_mm
    least = max(0.1, 0.1 * max(abs(right), abs(down)))
    if max(abs(right), abs(down)) < 0.5 * THERE_MM:
        return ""
    parts = [
        f"{abs(mm):.1f} mm {name}"
        for mm, name in ((right, "right" if right > 0 else "left"), (down, "down" if down > 0 else "up"))
        if abs(mm) >= least
    ]
    return " and ".join(parts)


def _turn(turn_deg: float) -> str:
    whole = round(abs(turn_deg))
    if abs(turn_deg) < 0.5 * THERE_DEG or whole == 0:
        return ""
    return f"{whole} degree{'' if whole == 1 else 's'} {'clockwise' if turn_deg > 0 else 'anticlockwise'}"

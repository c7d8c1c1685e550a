"""Where a site lies, on a drawing of the head."""

import re

from collector.page import words
from contract import DONOR_CONTROL, SiteKey, place_of
from groundwork.head_map import Place, head_map

_INK = "#16222a"
_VIEW = re.compile(r'viewBox="0 0 ([0-9]+) ')
_WORDS_WIDE, _LETTER_WIDE = 178, 7.6


def site_on_head(site: SiteKey, *, donor_taken: bool) -> str:
    """Draw a site, and the donor control where it was taken too; one SVG element."""
    shown = [site, DONOR_CONTROL] if donor_taken and site != DONOR_CONTROL else [site]
    places = []
    for key in shown:
        place = place_of(key)
        label = words.site(key).removesuffix(" (donor control)")
        places.append(
            Place(
                key,
                label,
                place.behind_glabella_mm,
                place.right_mm,
                state="done" if key == site else "none",
                donor=key == DONOR_CONTROL,
            )
        )
    drawn = head_map(places, title=f"Where the site lies: {words.site(site)}", ink=_INK)
    return _without_empty_sides(drawn, max(len(place.label) for place in places))


def _without_empty_sides(drawn: str, letters: int) -> str:
    """Leave out the room for longer words than there are: in a report's small drawing, words are read only so."""
    width = round(_WORDS_WIDE - _LETTER_WIDE * max(letters, len("donor control")))
    return (
        _VIEW.sub(lambda view: f'viewBox="{width} 0 {int(view[1]) - 2 * width} ', drawn, count=1)
        if width > 0
        else drawn
    )

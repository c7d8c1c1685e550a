"""The head map of docs: a visit half way, drawn by what draws it for pages: `python -m tools.head_map_picture`."""

from pathlib import Path

from contract import DONOR_CONTROL, Site, SiteKey, place_of, site_name
from groundwork.head_map import Place, State, head_map

FILE = Path(__file__).parent.parent / "docs" / "pictures" / "head-map.svg"

_INK = "#6b7985"  # stands on a light page as on a dark one
_VISIT: dict[SiteKey, State] = {
    Site.FRONTAL: "done",
    Site.MID_SCALP: "done",
    Site.VERTEX: "warn",
    Site.OCCIPITAL: "due",
    Site.TEMPORAL_LEFT: "done",
    Site.TEMPORAL_RIGHT: "missing",
    "g120-l35": "none",
}


def draw(file: Path) -> None:
    """Write the picture."""
    places = [_place(key, state) for key, state in _VISIT.items()]
    file.write_text(head_map(places, title="A visit's sites, seen from above", ink=_INK) + "\n", encoding="utf-8")


def _place(key: SiteKey, state: State) -> Place:
    at, donor = place_of(key), key == DONOR_CONTROL
    label = str(key) if donor else site_name(key)
    return Place(key, label, at.behind_glabella_mm, at.right_mm, state, donor=donor)


if __name__ == "__main__":
    draw(FILE)

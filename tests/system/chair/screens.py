"""Each screen looked at: no fault that axe knows, and a picture at the three sizes that the page is made for."""

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SIZES = {"7-inch": (1024, 600), "tablet": (768, 1024), "laptop": (1440, 900)}
FIRST = SIZES["7-inch"]
PICTURES = "TRICHOSCOPE_CHAIR_PICTURES"
"""Names a folder that the pictures go to; without it they are taken and looked at by nobody."""

_MOST_PICTURE_BYTES = 300_000
# The page itself never moves: what is too wide lies hidden within the screen's parts, or hangs out of its button.
_PARTS = "html, main, .bar, .bar-title, .side-told, .button, dialog[open]"
_TOO_WIDE = """(parts) => [...document.querySelectorAll(parts)]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && one.scrollWidth > one.clientWidth)
  .map((one) => {
    const named = one.id || one.className || one.localName;
    const said = one.matches(".button") ? ` "${one.textContent.trim()}"` : "";
    return `${named}${said}: ${one.scrollWidth - one.clientWidth} px too wide`;
  })"""


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with the page as it stands, a line each."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['help']}: {' '.join(map(str, node['target']))}" for one in found for node in one["nodes"]
    ]


def too_wide(page: Page) -> list[str]:
    """Return what has to be moved sideways or runs out of what it stands in, a line each."""
    found: list[str] = page.evaluate(_TOO_WIDE, _PARTS)
    return found


def show(page: Page, name: str, folder: Path) -> None:
    """Hold a screen to the rules at each size, and keep a picture of it.

    Parameters
    ----------
    page
        At rest.
    name
        Of the screen.
    folder
        Where pictures go unless the environment names another.
    """
    folder = Path(os.environ.get(PICTURES, folder))
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(150)  # what follows the size is drawn with the next frames
        assert violations(page) == [], f"{name} at {size}"
        assert too_wide(page) == [], f"{name} at {size}"
        picture = folder / f"{name}-{size}.jpg"
        page.screenshot(path=picture, type="jpeg", quality=72)
        assert picture.stat().st_size < _MOST_PICTURE_BYTES
    page.set_viewport_size({"width": FIRST[0], "height": FIRST[1]})

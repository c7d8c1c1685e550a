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


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with the page as it stands, a line each."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['help']}: {' '.join(map(str, node['target']))}" for one in found for node in one["nodes"]
    ]


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
        sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert sideways <= 0, f"{name} at {size} has to be moved sideways by {sideways} px"
        picture = folder / f"{name}-{size}.jpg"
        page.screenshot(path=picture, type="jpeg", quality=72)
        assert picture.stat().st_size < _MOST_PICTURE_BYTES
    page.set_viewport_size({"width": FIRST[0], "height": FIRST[1]})

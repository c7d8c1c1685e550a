"""A chair whose page has a PIN, and one whose page has none."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette

from device.chair.chair import Chair
from device.chair.seat import Holder
from device.page.access.pin import hash_of, write_pin
from device.page.app import create_app
from tests.device.page.access.browsing import PIN, Browser
from tests.device.page.chair_fixture import open_small_chair


@pytest.fixture(scope="package")
def locked_chair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chair]:
    """A chair with a PIN."""
    folder = tmp_path_factory.mktemp("locked")
    write_pin(folder / "pin", hash_of(PIN, 16))
    with open_small_chair(folder, chair={"pin": str(folder / "pin"), "lock_after_minutes": 10}) as chair:
        yield chair


@pytest.fixture(scope="package")
def kiosk_chair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chair]:
    """A chair without."""
    with open_small_chair(tmp_path_factory.mktemp("kiosk")) as chair:
        yield chair


@pytest.fixture
def locked_app(locked_chair: Chair) -> Starlette:
    """The page with a PIN, of which nobody has tried any, and where mk was last at work, at a screen that is gone."""
    (locked_chair.settings.state_folder / "pin-attempts.json").unlink(missing_ok=True)
    locked_chair.seat.take_over(Holder("", "mk"))
    return create_app(locked_chair)


@pytest.fixture
def unlocked(locked_app: Starlette) -> Browser:
    """A browser at that page, the PIN typed."""
    browser = Browser(locked_app)
    assert browser.unlock().status_code == 200
    browser.get("/")
    return browser


@pytest.fixture
def kiosk(kiosk_chair: Chair) -> Browser:
    """A browser at the page without a PIN, which it has loaded."""
    browser = Browser(create_app(kiosk_chair))
    assert browser.get("/").status_code == 200
    return browser

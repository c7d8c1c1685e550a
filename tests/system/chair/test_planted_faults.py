"""The rules that each screen is held to find what is wrong: faults put in on purpose."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.device.page.chair_fixture import open_small_chair
from tests.device.page.serving import serving
from tests.system.browser import chromium
from tests.system.chair.screens import FIRST, too_wide, violations

PLANTED = {
    "color-contrast": "document.querySelector('h2').style.color = '#1a252c'",
    "button-name": "document.querySelector('#hand').removeAttribute('aria-label')",
    "label": "document.querySelector('label[for=who-code]').remove();"
    " document.querySelector('#who-code').removeAttribute('placeholder')",
    "html-has-lang": "document.documentElement.removeAttribute('lang')",
    "aria-valid-attr-value": "document.querySelector('h2').setAttribute('aria-labelledby', '')"
    " || document.querySelector('#who-code').setAttribute('aria-invalid', 'perhaps')",
    "document-title": "document.title = ''",
}

WIDE = {
    "main": "document.querySelector('.who-works').style.minWidth = '1100px'",
    "bar-title": "document.querySelector('.bar-title').textContent = 'chair '.repeat(60)",
    "button": "Object.assign(document.querySelector('#who .button').style,"
    " {width: '70px', padding: 0, whiteSpace: 'nowrap'})",
}
"""What runs out of which part of the screen."""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Give the start screen on a 7-inch screen."""
    with (
        open_small_chair(tmp_path_factory.mktemp("chair")) as chair,
        serving(chair) as address,
        chromium() as browser,
    ):
        page = browser.new_page(viewport={"width": FIRST[0], "height": FIRST[1]}, locale="en-GB")
        page.goto(f"{address}/?who")
        yield page


@pytest.mark.parametrize("rule", PLANTED)
def test_a_fault_put_in_on_purpose_is_found(page: Page, rule: str) -> None:
    """Breaks when screens pass because nothing is looked at: a colour too faint, a button or field without a name."""
    page.reload()
    assert violations(page) == []
    page.evaluate(PLANTED[rule])
    found = violations(page)
    assert [one for one in found if one.startswith(f"{rule}:")], found


@pytest.mark.parametrize("part", WIDE)
def test_what_is_too_wide_is_found(page: Page, part: str) -> None:
    """Breaks when words are cut, or hang out of a button, and the page as a whole is as wide as the screen."""
    page.reload()
    assert too_wide(page) == []
    page.evaluate(WIDE[part])
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    found = too_wide(page)
    assert [one for one in found if one.startswith("content" if part == "main" else part)], found

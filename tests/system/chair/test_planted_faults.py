"""The rules that each screen is held to find what is wrong: faults put in on purpose."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.device.page.chair_fixture import open_small_chair
from tests.device.page.serving import serving
from tests.system.browser import chromium
from tests.system.chair.screens import FIRST, violations

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

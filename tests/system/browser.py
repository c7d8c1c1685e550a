"""Debian's Chromium, driven by Playwright."""

import contextlib
import shutil
from collections.abc import Iterator

from playwright.sync_api import Browser, sync_playwright

# --no-sandbox: as root, as in a container, Chromium's own sandbox cannot be set up. The others keep it from asking
# anything of the network by itself.
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Run the browser for the length of the block."""
    path = shutil.which("chromium")
    assert path is not None, "Chromium is missing: run 'make test', which installs it, or 'apt-get install chromium'."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()

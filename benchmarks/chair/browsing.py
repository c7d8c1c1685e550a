"""Real tabs of a real Chromium on the capture screen, and what they show."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.chair.program import PATIENT, SITE, VISIT
from benchmarks.chair.shown import Shown, since_boot_s
from device.demo.processes import Program, started

WITHIN_S = 60.0
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
_NOTE = """() => { window.shown = [];
  document.getElementById("picture").addEventListener("shown", (event) => {
    window.shown.push([event.detail.taken_s, event.detail.at_ms / 1000, event.detail.drawn_px]); }); }"""


def why_not() -> str | None:
    """Return why there is no browser here, None if there is one."""
    return None if shutil.which("chromium") else "Chromium cannot be found here"


@contextlib.contextmanager
def chair(folder: Path, port: int, *, measuring: bool = False, space: tuple[str, ...] = ()) -> Iterator[Program]:
    """Run the instrument; `space` is a command that runs another in a network namespace."""
    command = [*space, sys.executable, "-m", "benchmarks.chair.program", "--folder", str(folder), "--port", str(port)]
    with started("chair", [*command, *(["--measuring"] if measuring else [])], folder / "chair.log") as program:
        program.wait_for_line("chair ready", WITHIN_S)
        yield program


@contextlib.contextmanager
def chromium(folder: Path, space: tuple[str, ...] = ()) -> Iterator[Browser]:
    """Run the browser, in a network namespace where one is given."""
    path = shutil.which("chromium") or "chromium"
    if space:
        within = folder / "chromium"
        within.write_text(f'#!/bin/sh\nexec {" ".join(space)} {path} "$@"\n', encoding="utf-8")
        within.chmod(0o700)
        path = str(within)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def open_tab(browser: Browser, port: int) -> Page:
    """Open the capture screen in a tab, and wait for its first frame."""
    tab = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    tab.goto(f"http://127.0.0.1:{port}/visits/{PATIENT}/{VISIT}/sites/{SITE}", timeout=1000 * WITHIN_S)
    tab.evaluate(_NOTE)
    # Not by asking the page again and again: its policy lets no text be run as a script.
    tab.locator("#live.good").wait_for(timeout=1000 * WITHIN_S)
    return tab


def watch(tabs: list[Page], for_s: float) -> list[list[Shown]]:
    """Let tabs show frames for so long, and return those of each."""
    for tab in tabs:
        tab.evaluate("window.shown.length = 0")
    tabs[0].wait_for_timeout(1000 * for_s)
    return [
        [Shown(taken_s, since_boot_s(at_s), width_px) for taken_s, at_s, width_px in tab.evaluate("window.shown")]
        for tab in tabs
    ]

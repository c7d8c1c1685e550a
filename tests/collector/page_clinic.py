"""A clinic behind its page: what is stored is asked for over HTTP, as a browser does."""

import re
from pathlib import Path

from collector.ingestion.decisions import Accepted, Kept
from collector.page.app import create_pages
from collector.pictures.files import Pictures
from collector.store.store import Store
from contract import (
    Capture,
    Channel,
    Topic,
)
from tests.collector.asgi import AsgiClient
from tests.collector.examples import CLINIC, DEVICE, NOW
from tests.examples import PICTURE_BYTES

TOPIC = Topic(CLINIC, DEVICE, Channel.CAPTURE)


class Clinic:
    """A store and pictures behind a page."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "collector.sqlite3")
        self.pictures = Pictures(folder / "pictures")
        self.trouble: str | None = None
        application = create_pages(CLINIC, self.store, self.pictures, lambda: self.trouble)
        self.client = AsgiClient(application, base_url="http://127.0.0.1:8080")

    def holds(self, *messages: Kept) -> None:
        """Store captures, comparisons, visits and reviews."""
        self.store.store_batch([Accepted(TOPIC, shown, shown.encode()) for shown in messages], NOW)

    def holds_picture(self, shown: Capture) -> None:
        """Store the example picture, which all example captures name."""
        incoming = self.pictures.receive(shown.picture.sha256)
        incoming.write(PICTURE_BYTES)
        incoming.finish()

    def page(self, path: str) -> str:
        """Return a page's HTML with all runs of white space made one."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return re.sub(r"\s+", " ", answer.text)


def text_of(page: str) -> str:
    """Return what a page says, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))

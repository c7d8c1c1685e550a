"""A clinic behind its page: what is stored is asked for over HTTP, as a browser does."""

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from collector.ingestion.decisions import Accepted, Kept
from collector.page.access.guard import COOKIE, TOKEN_HEADER
from collector.page.app import create_pages
from collector.page.templating import templates
from collector.page.web import Page
from collector.people.roles import Role
from collector.people.sessions import Sessions, token_of
from collector.pictures.folder import PicturesInFolder
from collector.settings import PageSettings
from collector.store import people
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
    """A store and pictures behind pages, at which somebody is signed in.

    Parameters
    ----------
    folder
        For store and pictures.
    role
        Of who is signed in at first.
    place
        Of the store, where it is not SQLite in the folder.
    """

    def __init__(self, folder: Path, role: Role = Role.CLINICIAN, place: Path | str | None = None) -> None:
        self.folder = folder
        self.store = Store(folder / "collector.sqlite3" if place is None else place)
        self.pictures = PicturesInFolder(folder / "pictures")
        self.trouble: str | None = None
        self.build()
        self.client = self.sign_in(role)

    def build(self) -> None:
        """Make the pages anew: what they count in memory begins again."""
        page = Page(
            CLINIC,
            self.store,
            self.pictures,
            templates(CLINIC, self.pictures, lambda: self.trouble),
            self.folder,
            lambda: self.trouble,
        )
        self.application = create_pages(page, PageSettings())
        self.stranger = AsgiClient(self.application, base_url="http://127.0.0.1:8080")
        """Somebody at a browser that is not signed in."""

    def sign_in(self, role: Role) -> AsgiClient:
        """Return somebody of a role at a browser of their own; :attr:`client` is them from now on."""
        name = role.value
        with self.store.writing() as connection:
            account = people.account_named(connection, name)
            account_id = account.account_id if account else uuid4()
            if account is None:
                people.add_account(connection, account_id, name, role.value, datetime.now(UTC))
        cookie = Sessions(self.store).open(account_id)
        self.client = AsgiClient(
            self.application,
            base_url="http://127.0.0.1:8080",
            headers={"cookie": f"{COOKIE}={cookie}", TOKEN_HEADER: token_of(cookie)},
        )
        return self.client

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

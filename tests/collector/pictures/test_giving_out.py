"""Pictures given out: as they are, or with the words why not."""

import errno

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from collector.pictures.giving_out import picture_response
from collector.pictures.pictures import Pictures, PicturesAway
from collector.report.side_by_side import as_taken
from tests.collector.asgi import AsgiClient
from tests.collector.pictures.places import JPEG, PNG, Place, digest, received
from tests.examples import capture


def page(pictures: Pictures) -> AsgiClient:
    """Return a client of a page that shows pictures."""

    def picture(request: Request) -> Response:
        return picture_response(pictures, request.path_params["sha256"])

    return AsgiClient(Starlette(routes=[Route("/{sha256}", picture)]), "http://127.0.0.1")


@pytest.mark.parametrize(("content", "kind"), [(PNG, "image/png"), (JPEG, "image/jpeg")])
def test_a_picture_is_shown_as_it_was_taken_in(pictures: Pictures, content: bytes, kind: str) -> None:
    """Breaks when a page shows another picture, or a browser cannot tell what it is or how long."""
    received(pictures, content)
    answer = page(pictures).get(f"/{digest(content)}")
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == kind
    assert answer.headers["content-length"] == str(len(content))


def test_what_cannot_be_shown_is_said(place: Place, pictures: Pictures, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a damaged picture is shown, an outage is a fault, or nobody is told what to do."""
    client = page(pictures)
    assert client.get(f"/{digest(PNG)}").status_code == 404
    place.put(digest(PNG), PNG + b"\0")
    damaged = client.get(f"/{digest(PNG)}")
    assert (damaged.status_code, "restore it from a backup" in damaged.text) == (500, True)

    def broken(_sha256: str) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(pictures, "open", broken)
    answer = client.get(f"/{digest(PNG)}")
    assert (answer.status_code, "Check the disk" in answer.text) == (503, True)

    def away(_sha256: str) -> None:
        raise PicturesAway("It cannot be reached: check the network")

    monkeypatch.setattr(pictures, "open", away)
    answer = client.get(f"/{digest(PNG)}")
    assert (answer.status_code, "check the network" in answer.text) == (503, True)


def test_a_report_says_why_it_shows_no_picture(place: Place, pictures: Pictures) -> None:
    """Breaks when an outage ends a report, or passes for a picture that never came."""
    shown = capture()

    def away(_sha256: str) -> None:
        raise PicturesAway("It cannot be reached")

    assert "Picture pending" in as_taken(shown, pictures.open).plain
    fetched = as_taken(shown, away)
    assert ("Picture cannot be fetched now" in fetched.plain, fetched.pending) == (True, False)
    place.put(shown.picture.sha256, b"other bytes")
    assert "Picture cannot be shown" in as_taken(shown, pictures.open).plain

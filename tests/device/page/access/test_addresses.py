"""Names that the page answers to, where it leads, and settings that would open it."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from starlette.datastructures import Headers

from device.chair.settings import ChairSettings
from device.page.access.addresses import KnownHosts, local_path

OPEN: dict[str, Any] = {"certificate": Path("c"), "key": Path("k"), "pin": Path("p")}


def knows(settings: ChairSettings, host: str) -> bool:
    """Say whether a request under this name is taken."""
    return KnownHosts(settings).know(Headers({"host": host}))


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("127.0.0.1:8090", True), ("localhost", True), ("LOCALHOST:1", True), ("[::1]:8090", True),
        ("evil.example", False), ("127.0.0.1.evil.example", False), ("127.0.0.1@evil.example", False),
        ("evil.example:127.0.0.1", False), ("127.0.0.1:8090:1", False), ("", False), ("127.0.0.1 ", False),
    ],
)  # fmt: skip
def test_a_kiosk_answers_to_its_own_names(host: str, *, known: bool) -> None:
    """Breaks when a site whose name is made to point at this machine reads the page (DNS rebinding)."""
    assert knows(ChairSettings(), host) is known


def test_opened_to_the_network_it_answers_to_its_address_and_names() -> None:
    """Breaks when the settings' names are not believed, or more than they are."""
    settings = ChairSettings(host="192.0.2.7", names=("Chair-1.clinic.example",), **OPEN)
    assert knows(settings, "192.0.2.7:8090")
    assert knows(settings, "chair-1.CLINIC.example")
    assert not knows(settings, "192.0.2.8:8090")
    assert not knows(settings, "localhost:8090"), "it does not listen there"


def test_on_every_address_the_names_are_all_there_is() -> None:
    """Breaks when host = "0.0.0.0" has any name believed, or shuts out the machine's own browser."""
    settings = ChairSettings(host="0.0.0.0", names=("chair-1.example",), **OPEN)  # noqa: S104
    assert knows(settings, "chair-1.example")
    assert knows(settings, "127.0.0.1:8090")
    assert not knows(settings, "0.0.0.0:8090")
    assert not knows(settings, "192.0.2.7")


def test_two_hosts_are_none() -> None:
    """Breaks when a second Host header slips past the first."""
    headers = Headers(raw=[(b"host", b"127.0.0.1"), (b"host", b"evil.example")])
    assert not KnownHosts(ChairSettings()).know(headers)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"host": "192.0.2.7"}, "opens the page to the network"),
        ({"host": "192.0.2.7", "pin": Path("p")}, "takes a certificate with its key, and a pin"),
        ({"host": "192.0.2.7", "certificate": Path("c"), "key": Path("k")}, "and a pin made by `trichoscope pin`"),
        ({"host": "0.0.0.0", **OPEN}, "names no machine"),  # noqa: S104
        ({"certificate": Path("c")}, "a certificate needs its key"),
        ({"key": Path("k")}, "a key its certificate"),
        ({"names": ("https://chair-1",)}, "should match pattern"),
        ({"names": ("*",)}, "should match pattern"),
    ],
)
def test_settings_that_open_the_page_are_refused(values: dict[str, Any], said: str) -> None:
    """Breaks when the page can be opened to the network without TLS, without PIN, or under any name."""
    with pytest.raises(ValidationError, match=said):
        ChairSettings(**values)


def test_settings_that_keep_it_closed_are_taken() -> None:
    """Breaks when the refusals above take what is safe with them."""
    assert ChairSettings().on_loopback
    assert ChairSettings(pin=Path("p")).pin == Path("p")
    assert not ChairSettings(host="192.0.2.7", **OPEN).on_loopback
    assert ChairSettings(host="::", names=("chair-1",), **OPEN).on_every_address


@pytest.mark.parametrize("path", ["/", "/visits/P-0042/1", "/captures/0?show=hairs&zoom=2", "/%2f/a", "/a//b"])
def test_the_lock_leads_back(path: str) -> None:
    """Breaks when unlocking does not come back to the work."""
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example/",
        "javascript:alert(1)", "/\t/evil.example", "/\n/evil.example", " /visits", "/a\r\nset-cookie: a=b", "/lock",
        "/lock?next=/lock", "/unlock", "visits", "/é", "/" + "a" * 3000,
    ],
)  # fmt: skip
def test_the_lock_leads_nowhere_else(path: str) -> None:
    """Breaks when a link to the lock leads a technician who has just unlocked to another host, or in circles."""
    assert local_path(path) == "/"

"""Every address of the pages, asked by strangers and by each role: the right that it declares is what counts."""

from dataclasses import dataclass

import pytest
from starlette.convertors import IntegerConvertor
from starlette.routing import BaseRoute, Mount, Route

from collector.page.access.addresses import is_open
from collector.page.web import ForThoseWhoMay
from collector.people.roles import Right, Role
from tests.collector.page_clinic import Clinic
from tests.examples import capture

_VALUES = {
    "code": "P-0042",
    "study": "S-1",
    "site": "vertex",
    "sha256": "0" * 64,
    "message_id": "0197a3a0-0000-7000-8000-000000000000",
    "token": "x" * 43,
}
_FOR_WHOEVER_IS_SIGNED_IN = {
    ("GET", "/"), ("POST", "/sign-out"), ("GET", "/account"), ("POST", "/account/password"),
    ("POST", "/account/language"), ("POST", "/account/sessions/end"), ("GET", "/live"),
}  # fmt: skip
"""No screen that shows anything of a patient may come in here."""
_OPEN = {
    ("GET", "/sign-in"), ("POST", "/sign-in"), ("GET", "/first/{token}"), ("POST", "/first/{token}"),
    ("GET", "/healthz"), ("GET", "/metrics"),
}  # fmt: skip


@dataclass(frozen=True)
class _Address:
    method: str
    pattern: str
    path: str
    declares: bool
    right: Right | None


def _addresses(routes: list[BaseRoute]) -> list[_Address]:
    found = []
    for route in routes:
        if isinstance(route, Mount) and route.path in ("/static", "/api/v1"):
            continue  # the same files for everybody; tokens, which have tests of their own
        assert isinstance(route, Route), f"{route} is nothing that these tests know: say who may"
        path = route.path_format
        for name, kind in route.param_convertors.items():
            any_value = "640" if isinstance(kind, IntegerConvertor) else "x-1"
            path = path.replace(f"{{{name}}}", _VALUES.get(name, any_value))
        for method in sorted((route.methods or set()) - {"HEAD"}):
            declared = isinstance(route, ForThoseWhoMay)
            right = route.right if isinstance(route, ForThoseWhoMay) else None
            found.append(_Address(method, route.path_format, path, declared, right))
    return found


@pytest.fixture
def addresses(clinic: Clinic) -> list[_Address]:
    """Return all addresses of the application."""
    found = _addresses(list(clinic.application.routes))
    assert len(found) > 20
    return found


def test_a_stranger_gets_nothing_but_the_door(clinic: Clinic, addresses: list[_Address]) -> None:
    """Breaks when a screen is added that answers who is not signed in."""
    for address in addresses:
        answer = clinic.stranger.request(address.method, address.path, json={} if address.method == "POST" else None)
        if is_open(address.method, address.path):
            assert (address.method, address.pattern) in _OPEN, f"{address.path} is open: should it be?"
        elif address.method == "POST":
            assert answer.status_code == 401, address.path
        else:
            assert answer.status_code == 303, address.path
            assert answer.headers["location"].startswith("/sign-in?next="), address.path


def test_every_screen_says_who_may(addresses: list[_Address]) -> None:
    """Breaks when a screen is added without a right, and is for everybody."""
    for address in addresses:
        if not is_open(address.method, address.path):
            assert address.declares, f"{address.path} declares no right: use screen() or action()"
            if address.right is None:
                assert (address.method, address.pattern) in _FOR_WHOEVER_IS_SIGNED_IN, address.path


@pytest.mark.parametrize("role", Role)
def test_a_role_reaches_what_its_rights_say_and_nothing_else(
    clinic: Clinic, addresses: list[_Address], role: Role
) -> None:
    """Breaks when a screen or an action asks for another right than it declares, or for none."""
    reached = refused = 0
    for address in addresses:
        if not address.declares or address.pattern == "/sign-out":
            continue
        client = clinic.sign_in(role)
        answer = client.request(address.method, address.path, json={} if address.method == "POST" else None)
        if address.right is None or address.right in role.rights:
            assert answer.status_code not in (303, 401, 403, 405, 500), (
                address.path,
                answer.status_code,
                answer.text[:300],
            )
            reached += 1
        else:
            assert answer.status_code == 403, (address.path, answer.status_code)
            refused += 1
    assert reached > 4
    assert refused > 4


@pytest.mark.parametrize(
    ("role", "right"),
    [
        (role, right)
        for role in (Role.MONITOR, Role.ADMINISTRATOR)
        for right in (Right.SEE_PATIENTS, Right.EXPORT_PATIENTS)
    ],
)
def test_who_has_no_business_with_patients_has_no_right_to_see_them(role: Role, right: Right) -> None:
    """Breaks when a study's monitor or who keeps the machine going may look at patients."""
    assert right not in role.rights


def test_who_gives_rights_is_the_administrator_alone() -> None:
    """Breaks when another role can give itself rights."""
    assert [role for role in Role if Right.MANAGE_ACCOUNTS in role.rights] == [Role.ADMINISTRATOR]


@pytest.mark.parametrize("role", [Role.MONITOR, Role.ADMINISTRATOR])
def test_no_screen_shows_patients_to_who_may_not_see_them(
    clinic: Clinic, addresses: list[_Address], role: Role
) -> None:
    """Breaks when a screen for everybody, such as the start, lists patients."""
    clinic.holds(capture())
    assert "P-0042" in clinic.sign_in(Role.CLINICIAN).get("/patients").text
    client = clinic.sign_in(role)
    for address in addresses:
        if address.method == "GET" and not address.pattern.startswith("/audit"):
            said = client.get(address.path.replace("P-0042", "P-0001"))
            assert "P-0042" not in said.text, address.path

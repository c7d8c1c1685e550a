"""The devices: who is there, who needs a look and why, what they run; and the alarms."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from collector.page import words
from collector.page.fleet import fleet
from collector.page.web import Page, person_of, screen
from collector.people.roles import Right
from collector.store import alarms

_DEVICES_SHOWN = 100
_ALARMS_SHOWN = 20


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""

    def shown(request: Request) -> Response:
        now = datetime.now(UTC)
        with page.store.reading() as connection:
            found = fleet(connection, page.certificates, page.language(request), now)
            raised = alarms.read(connection)
        keeps_it_going = person_of(request).may(Right.MANAGE_ACCOUNTS)
        own = page.certificates.warnings(now) if page.certificates is not None and keeps_it_going else []
        return page.render(
            request,
            "devices.html",
            shown=found.shown[:_DEVICES_SHOWN],
            known=len(found.shown),
            online=sum(one.device.online for one in found.shown),
            look=len(found.needing_a_look),
            releases=found.releases,
            never_heard=found.never_heard,
            alarms=raised.raised[:_ALARMS_SHOWN],
            alarms_more=sum(one.times for one in raised.raised[_ALARMS_SHOWN:]) + raised.dropped,
            alarm_words=words.ALARMS,
            own_certificates=own,
        )

    return [screen("/devices", shown, Right.SEE_DEVICES)]

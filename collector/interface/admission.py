"""Who asks: a bearer token (RFC 6750), and how often it may."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from collector.interface.problems import Refusal
from collector.people.roles import Right
from collector.people.tokens import TokenHolder, Tokens
from groundwork.token_buckets import Buckets, address_key

REALM = 'Bearer realm="trichoscope"'
_BEARER = re.compile(r"bearer +(?P<token>[A-Za-z0-9._~+/=-]{1,200}) *", re.IGNORECASE)


@dataclass(frozen=True)
class Pace:
    """How often may be asked: by each token, and from each address with none that holds."""

    per_s: float = 50
    at_once: float = 200
    strangers_per_s: float = 5
    strangers_at_once: float = 40


class Admission:
    """Says who asks. On the event loop only.

    Parameters
    ----------
    tokens
        Those that hold.
    pace
        How often may be asked.
    """

    def __init__(self, tokens: Tokens, pace: Pace) -> None:
        self._tokens = tokens
        self._of_tokens = Buckets(pace.per_s, pace.at_once)
        self._of_strangers = Buckets(pace.strangers_per_s, pace.strangers_at_once)

    async def holder(self, request: Request, right: Right) -> TokenHolder:
        """Return whose token came with a request, if it has a right.

        Raises
        ------
        Refusal
            401 without a token that holds, 403 without the right, 429 for too many requests.
        collector.store.stored.StoreFailed
            If the store could not be read.
        """
        given = request.headers.getlist("authorization")
        found = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
        holder = await run_in_threadpool(self._tokens.holder, found["token"]) if found else None
        if holder is None:
            self._take(self._of_strangers, address_key(request.scope.get("client")))
            raise _nobody(tried=bool(given))
        self._take(self._of_tokens, f"{holder.account_id} {holder.title}")
        if not holder.may(right):
            raise Refusal(
                403,
                f"The account behind this token has no right to {right.value}. Ask an administrator for another token.",
                {"www-authenticate": f'{REALM}, error="insufficient_scope"'},
            )
        return holder

    @staticmethod
    def _take(buckets: Buckets, key: str) -> None:
        wait_s = buckets.take(key)
        if wait_s > 0:
            raise Refusal(
                429, "Too much is asked at once. Wait, then ask again.", {"retry-after": f"{math.ceil(wait_s)}"}
            )


def _nobody(*, tried: bool) -> Refusal:
    challenge = f'{REALM}, error="invalid_token"' if tried else REALM
    return Refusal(
        401,
        "This takes a token that holds: Authorization: Bearer TOKEN. An administrator of the clinic makes one.",
        {"www-authenticate": challenge},
    )

"""Entity tags (RFC 9110, 8.8.3): who asks again for what has not changed is told so, without it."""

from __future__ import annotations

import hashlib
import re

from starlette.responses import Response

_TAG = re.compile(r'(?:W/)?("[!#-~]{0,100}")')


def tag_of(content: bytes) -> str:
    """Return the tag of an answer: of its bytes, so that whatever differs in it has another."""
    return f'"{hashlib.sha256(content).hexdigest()}"'


def is_known(tag: str, known_as: str) -> bool:
    """Say whether a tag is among those of an ``If-None-Match`` header, by the weak comparison that it asks for."""
    return known_as.strip() == "*" or tag in _TAG.findall(known_as)


def unchanged(tag: str) -> Response:
    """Return the answer to who has it already."""
    return Response(status_code=304, headers={"etag": tag})

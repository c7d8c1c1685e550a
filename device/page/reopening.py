"""How a screen has the instrument opened anew: by the service around it, where there is one."""

from __future__ import annotations

from collections.abc import Callable

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response


def reopened(request: Request) -> Response:
    """Answer an action after which the instrument is opened anew; first the answer, then the end of what answers.

    The answer says whether it is: ``{"reopens": true}``. An application that stands alone goes on as it is.

    Parameters
    ----------
    request
        Of the action.
    """
    reopen: Callable[[], None] | None = getattr(request.app.state, "reopen", None)
    if reopen is None:
        return JSONResponse({"reopens": False})
    return JSONResponse({"reopens": True}, background=BackgroundTask(reopen))

"""What went wrong, as other systems are told: RFC 9457, with a sentence for who reads their log."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """Why a request was not answered (RFC 9457)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str = Field(default="about:blank", description="Nothing beyond the status: always about:blank.")
    title: str = Field(description="The status in words.", examples=["Not Found"])
    status: int = Field(description="The status.", ge=400, le=599, examples=[404])
    detail: str = Field(
        description="What is the matter and what to do, for a person.",
        examples=["There is no capture of this number here."],
    )


class Refusal(Exception):
    """A request is not answered; status, sentence and headers say why.

    Parameters
    ----------
    status
        Of HTTP.
    detail
        For a person.
    headers
        That the status asks for.
    """

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a problem as the answer to a request."""
    said = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)
    return Response(said.model_dump_json(), status, headers, media_type=MEDIA_TYPE)

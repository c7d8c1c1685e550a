"""The interface as one application, below its own address: requests in, answers or problems out, nothing changed."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, cast

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from collector.interface.admission import Admission, Pace
from collector.interface.clinic import Clinic
from collector.interface.document import openapi
from collector.interface.entity_tags import is_known, tag_of, unchanged
from collector.interface.problems import Refusal, problem
from collector.interface.resource import Asked, Nothing, Resource, Shown, read_query
from collector.interface.resources import all_resources
from collector.people.tokens import Tokens
from collector.pictures.pictures import Pictures
from collector.store.database import StoreRefused
from collector.store.store import Store
from collector.store.stored import StoreFailed

ADDRESS: Final = "/api/v1"
DOCUMENT: Final = "/openapi.json"

_NO_RESOURCE = f"There is nothing at this address. {ADDRESS}{DOCUMENT} lists what there is."
_ONLY_READ = "This interface only gives out: ask with GET or HEAD."
_NOT_TAKEN = "The store does not take what was asked with. Check the address and its parameters."
_FAILED = "The program failed at this. Ask again, and tell who looks after the collector."
_MOST_KNOWN_AS = 4000


def create_interface(store: Store, pictures: Pictures, pace: Pace | None = None) -> Starlette:
    """Return the ASGI application, to be mounted at :data:`ADDRESS`.

    Parameters
    ----------
    store, pictures
        What is given out.
    pace
        How often may be asked.
    """
    admission = Admission(Tokens(store), pace or Pace())
    resources = all_resources(Clinic(store, pictures))
    described = openapi(resources)

    async def document(request: Request) -> Response:
        read_query(Nothing, request.query_params)
        return _headed(request, JSONResponse(described))

    application = Starlette(
        routes=[
            Route(DOCUMENT, document, methods=["GET"]),
            *(_route(one, admission) for one in resources),
        ],
        exception_handlers=dict.fromkeys((Refusal, HTTPException, StoreFailed, StoreRefused, Exception), _problem),
    )
    application.router.redirect_slashes = False  # one address for each thing
    return application


def described() -> dict[str, Any]:
    """Return the OpenAPI document without a clinic: for docs/contract, and for programs that are made from it."""
    # Declaring a resource reads nothing: store and pictures are asked when somebody asks.
    return openapi(all_resources(Clinic(cast("Store", None), cast("Pictures", None))))


def _route(resource: Resource, admission: Admission) -> Route:
    async def answered(request: Request) -> Response:
        holder = await admission.holder(request, resource.right)
        asked = Asked(
            holder,
            _path(resource, request.path_params),
            read_query(resource.query, request.query_params),
            ", ".join(request.headers.getlist("if-none-match"))[:_MOST_KNOWN_AS],
            request.method == "HEAD",
        )
        return _headed(request, await run_in_threadpool(_answer, resource, asked))

    return Route(resource.path, answered, methods=["GET"])


def _answer(resource: Resource, asked: Asked) -> Response:
    answer = resource.answer(asked)
    if not isinstance(answer, Shown):
        return answer
    content = answer.model_dump_json().encode()
    tag = tag_of(content)
    if is_known(tag, asked.known_as):
        return unchanged(tag)
    return Response(content, media_type="application/json", headers={"etag": tag})


def _path(resource: Resource, given: Mapping[str, str]) -> dict[str, str]:
    for part in resource.parts:
        if not part.fits(given[part.name]):
            raise Refusal(404, f"{part.about} is not of this shape; one is {part.example}. Check the address.")
    return dict(given)


def _headed(request: Request, answer: Response) -> Response:
    """Leave the body away where it was not asked for; its length stays (RFC 9110, 9.3.2)."""
    if request.method == "HEAD":
        answer.body = b""
    return answer


async def _problem(_request: Request, error: Exception) -> Response:  # noqa: PLR0911  one for each kind of error
    match error:
        case Refusal():
            return problem(error.status, error.detail, error.headers)
        case HTTPException(status_code=404) if error.detail == HTTPStatus.NOT_FOUND.phrase:
            return problem(404, _NO_RESOURCE)
        case HTTPException(status_code=405):
            return problem(405, _ONLY_READ, error.headers)
        case HTTPException():
            return problem(error.status_code, error.detail, error.headers)
        case StoreRefused():
            return problem(422, _NOT_TAKEN)
        case StoreFailed():
            return problem(503, f"This cannot be answered now: {error}.")
        case _:  # the server writes down what it was
            return problem(500, _FAILED)

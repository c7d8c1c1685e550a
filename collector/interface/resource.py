"""A resource as it is declared: its address, what may be asked of it, what it answers, and the right that it takes.

The same declaration answers requests (:mod:`collector.interface.application`) and is the OpenAPI document
(:mod:`collector.interface.document`): the two cannot say different things.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.datastructures import QueryParams
from starlette.responses import Response

from collector.interface.asked import PathPart
from collector.interface.problems import Refusal
from collector.people.roles import Right
from collector.people.tokens import TokenHolder

MOST_QUERY_PARAMETERS = 16

QueryT = TypeVar("QueryT", bound="Query")


class Query(BaseModel):
    """What may be asked beside the address: every parameter known and bounded, nothing else taken."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Nothing(Query):
    """No parameter at all."""


class Shown(BaseModel):
    """What is answered: the fields that are documented, and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True)
class Asked:
    """A request that may be answered.

    Parameters
    ----------
    holder
        Whose token came with it.
    path
        The parts of the address that vary, each of its shape.
    query
        Of the resource's model.
    known_as
        The entity tags that the asker holds already (``If-None-Match``).
    head
        Whether only the headers are wanted.
    """

    holder: TokenHolder
    path: Mapping[str, str]
    query: Any
    known_as: str
    head: bool


Answer = Callable[[Asked], Shown | Response]


@dataclass(frozen=True)
class Resource:
    """A resource.

    Parameters
    ----------
    path
        Below the interface's own, with its varying parts in braces.
    name
        Of the operation, for programs that are made from the document.
    about
        A sentence or two.
    right
        That the token's account must have.
    answer
        Gives it; runs on a thread.
    parts
        The varying parts of the path.
    query
        Model of what may be asked beside.
    shown
        Model of the answer; None for one that is no JSON of ours.
    media
        Of an answer without a model: media types and their schemas.
    """

    path: str
    name: str
    about: str
    right: Right
    answer: Answer
    parts: tuple[PathPart, ...] = ()
    query: type[Query] = Nothing
    shown: type[Shown] | None = None
    media: Mapping[str, Mapping[str, Any]] | None = None


def read_query(model: type[QueryT], given: QueryParams) -> QueryT:
    """Read what is asked beside the address.

    Raises
    ------
    Refusal
        If a parameter is unknown, given twice, or not of its shape; the sentence repeats nothing of what was sent.
    """
    names = [name for name, _ in given.multi_items()]
    known = model.model_fields
    if len(names) > MOST_QUERY_PARAMETERS or not set(names) <= set(known):
        said = f"The parameters here are {', '.join(known)}" if known else "There are no parameters here"
        raise Refusal(422, f"{said}; another was asked for. Leave it out.")
    if len(set(names)) < len(names):
        raise Refusal(422, "A parameter was given twice. Give it once.")
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        wrong = ", ".join(sorted({str(fault["loc"][0]) for fault in error.errors(include_input=False)}))
        raise Refusal(422, f"These parameters are not of the documented shape: {wrong}.") from None

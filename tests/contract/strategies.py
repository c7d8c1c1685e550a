"""Any message that the contract allows, drawn from the models themselves: a field that is added is drawn too."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

from contract import (
    DONOR_CONTROL,
    GRADES,
    PROTOCOL,
    BaselineAnswer,
    Capture,
    Comparison,
    DayList,
    Decision,
    Edit,
    Expected,
    HairsJoined,
    Interval,
    Measurement,
    Place,
    Rating,
    ReducedPicture,
    Review,
    Scale,
    SiteKey,
    SkippedSite,
    Visit,
    landmark_key,
)
from contract.measurement import Share

Drawn = st.SearchStrategy[Any]

_MOST = 2
"""Entries of a drawn list: a bound of five thousand hairs is another test's."""

_LIMITS = ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern", "strip_whitespace", "uuid_version")

# RFC 9562, section 5.7: four bits name the version, two the variant. Hypothesis knows the versions 1 to 5.
UUIDS_7 = st.builds(
    lambda high, low: UUID(int=(high & ~0xF000 | 0x7000) << 64 | (low & (2**62 - 1) | 2**63)),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**64 - 1),
)
PLACES = st.builds(Place, st.integers(30, 420), st.integers(-160, 160))
SITES: st.SearchStrategy[str] = st.sampled_from([site.value for site in PROTOCOL]) | PLACES.map(landmark_key)


def _ordered(low: float, high: float) -> Drawn:
    numbers = st.lists(st.floats(low, high, allow_nan=False, allow_infinity=False), min_size=3, max_size=3)
    return numbers.map(sorted).map(lambda three: Interval(low=three[0], value=three[1], high=three[2]))


_VALIDATED: dict[Any, Drawn] = {
    get_args(SiteKey)[-1]: SITES,
    get_args(Share)[-1]: _ordered(0.0, 1.0),
}
"""By the check that a type carries, where its limits alone do not say what it allows."""


def message(model: type[BaseModel]) -> Drawn:
    """Draw a message, or a part of one, of that model."""
    if model in _BY_HAND:
        drawn: Drawn = _BY_HAND[model]()
        return drawn
    return _built(model)


def _built(model: type[BaseModel], **given: Drawn) -> Drawn:
    fields = {name: _field(field) for name, field in model.model_fields.items() if name not in given}
    return st.fixed_dictionaries(fields | given).map(model.model_validate)


def _field(field: FieldInfo) -> Drawn:
    return _of(field.annotation, field.metadata)


def _of(kind: Any, metadata: list[Any]) -> Drawn:  # noqa: ANN401  any annotation
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _of(inner[0], [*metadata, *inner[1:]])
    limits, by_check = _limits(metadata)
    if by_check is not None:
        return by_check
    if origin in (Union, UnionType):
        return st.one_of(*(_of(one, []) for one in inner))
    if origin is Literal:
        return st.sampled_from(inner)
    if origin is tuple:
        return _tuple(inner, limits)
    return _plain(kind, limits)


def _limits(metadata: list[Any]) -> tuple[dict[str, Any], Drawn | None]:
    limits: dict[str, Any] = {}
    for one in metadata:
        for part in (one, *(one.metadata if isinstance(one, FieldInfo) else ())):
            if getattr(part, "func", None) is not None and part in _VALIDATED:
                return {}, _VALIDATED[part]
            limits |= {name: value for name in _LIMITS if (value := getattr(part, name, None)) is not None}
    return limits, None


def _tuple(inner: tuple[Any, ...], limits: dict[str, Any]) -> Drawn:
    if inner[-1] is not Ellipsis:
        return st.tuples(*(_of(one, []) for one in inner))
    fewest = limits.get("min_length", 0)
    return st.lists(_of(inner[0], []), min_size=fewest, max_size=max(fewest, _MOST)).map(tuple)


def _plain(kind: Any, limits: dict[str, Any]) -> Drawn:  # noqa: ANN401, PLR0911  one line a kind
    if kind is type(None):
        return st.none()
    if kind is bool:
        return st.booleans()
    if kind is int:
        return st.integers(limits.get("ge", limits.get("gt", -1) + 1), limits.get("le", limits.get("lt", 2**53) - 1))
    if kind is float:
        return st.floats(
            limits.get("ge", limits.get("gt")),
            limits.get("le", limits.get("lt")),
            exclude_min="gt" in limits,
            exclude_max="lt" in limits,
            allow_nan=False,
            allow_infinity=False,
        )
    if kind is str:
        return _text(limits)
    if kind is UUID:
        return UUIDS_7 if limits.get("uuid_version") == 7 else st.uuids()
    if kind is AwareDatetime:
        return MOMENTS
    if kind is date:
        return st.dates()
    if kind is time:
        return st.times()
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return message(kind)
    raise NotImplementedError(f"how is {kind} drawn?")


def _text(limits: dict[str, Any]) -> Drawn:
    if "pattern" in limits:
        # a dollar sign would let a line's end follow
        return st.from_regex(limits["pattern"].removesuffix("$") + r"\Z")
    longest = min(limits.get("max_length", 20), 20)
    if "strip_whitespace" in limits:
        return st.text(max_size=longest - 2).map(lambda text: f"<{text}>")
    return st.text(min_size=limits.get("min_length", 0), max_size=longest)


_ZONES = st.just(UTC) | st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS: st.SearchStrategy[datetime] = st.datetimes(timezones=_ZONES)


def _ratings() -> Drawn:
    grades = st.sampled_from([(scale, grade) for scale in Scale for grade in GRADES[scale]])
    rater = _field(Rating.model_fields["rater"])
    return st.builds(lambda graded, by: Rating(scale=graded[0], grade=graded[1], rater=by), grades, rater)


def _reduced_pictures() -> Drawn:
    after = st.binary(max_size=200)
    return _built(ReducedPicture, jpeg=after.map(lambda rest: b"\xff\xd8\xff" + rest))


@st.composite
def _visits(draw: st.DrawFn) -> Visit:
    sites = draw(st.lists(SITES, unique=True, max_size=6).filter(lambda some: DONOR_CONTROL not in some))
    protocol = [*sites, str(DONOR_CONTROL)]
    fates = draw(
        st.lists(st.sampled_from(["taken", "skipped", "open"]), min_size=len(protocol), max_size=len(protocol))
    )
    reasons = _field(SkippedSite.model_fields["reason"])
    by_fate = {fate: [site for site, its in zip(protocol, fates, strict=True) if its == fate] for fate in fates}
    skipped = [SkippedSite(site=site, reason=draw(reasons)) for site in by_fate.get("skipped", [])]
    ratings = draw(st.lists(message(Rating), unique_by=lambda rating: (rating.scale, rating.rater), max_size=_MOST))
    given: dict[str, list[Any]] = {
        "protocol": protocol,
        "taken": by_fate.get("taken", []),
        "skipped": skipped,
        "ratings": ratings,
    }
    visit = draw(_built(Visit, **{name: st.just(tuple(value)) for name, value in given.items()}))
    assert isinstance(visit, Visit)
    return visit


@st.composite
def _comparisons(draw: st.DrawFn) -> Comparison:
    first, second = draw(st.lists(UUIDS_7, min_size=2, max_size=2, unique=True))
    compared = message(_part(Comparison, "baseline"))
    of_two = {
        name: draw(compared).model_copy(update={"message_id": message_id})
        for name, message_id in (("baseline", first), ("followup", second))
    }
    comparison = draw(_built(Comparison, **{name: st.just(value) for name, value in of_two.items()}))
    assert isinstance(comparison, Comparison)
    return comparison


def _part(model: type[BaseModel], field: str) -> type[BaseModel]:
    part = model.model_fields[field].annotation
    assert isinstance(part, type)
    assert issubclass(part, BaseModel)
    return part


def _joined() -> Drawn:
    two = st.lists(st.integers(0, 8999), min_size=2, max_size=2, unique=True)
    return _built(HairsJoined, hairs=two.map(tuple))


@st.composite
def _reviews(draw: st.DrawFn) -> Review:
    edits = draw(st.lists(_of(Edit, []), max_size=_MOST))
    decision = draw(st.sampled_from(Decision) if not edits else st.none() | st.sampled_from(Decision))
    people, reasons = (_of(Review.model_fields[name].annotation, []) for name in ("decided_by", "reason"))
    given: dict[str, Any] = {
        "decision": decision,
        "decided_by": None if decision is None else draw(people.filter(lambda by: by is not None)),
        "reason": draw(reasons.filter(lambda why: why is not None)) if decision is Decision.REJECTED else None,
        "edits": tuple(edits),
        "corrected": draw(message(Measurement)) if edits else None,
    }
    review = draw(_built(Review, **{name: st.just(value) for name, value in given.items()}))
    assert isinstance(review, Review)
    return review


def _day_lists() -> Drawn:
    people = st.lists(message(Expected), unique_by=lambda one: (one.patient_code, one.visit_number), max_size=_MOST)
    return _built(DayList, expected=people.map(tuple))


def _answers() -> Drawn:
    without = _built(BaselineAnswer, baseline=st.none(), picture=st.none(), reason=st.text(min_size=1, max_size=40))
    with_one = _built(
        BaselineAnswer,
        baseline=message(Capture),
        picture=st.none() | message(ReducedPicture),
        reason=st.none(),
        passing=st.just(False),
    )
    return without | with_one


_BY_HAND: dict[type[BaseModel], Any] = {
    Interval: lambda: _ordered(-1e9, 1e9),
    Rating: _ratings,
    ReducedPicture: _reduced_pictures,
    Visit: _visits,
    Comparison: _comparisons,
    BaselineAnswer: _answers,
    DayList: _day_lists,
    HairsJoined: _joined,
    Review: _reviews,
}
"""Where fields depend on each other."""

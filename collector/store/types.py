"""Columns that SQLite and PostgreSQL hold in their own ways, and Python sees as one.

PostgreSQL has types for times, days and ids, and who asks it by other means sees them; SQLite has texts, written so
that their order is that of what they mean.
"""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, Dialect, Integer, Text, TypeDecorator, Uuid
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeEngine

_POSTGRESQL = "postgresql"


class Moment(TypeDecorator[datetime]):
    """A time with its zone: TIMESTAMPTZ, or UTC in ISO 8601 with milliseconds."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return what holds it."""
        if dialect.name == _POSTGRESQL:
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401
        """Write it; both hold milliseconds, so that both give back the same."""
        if value is None:
            return None
        moment = value.astimezone(UTC)
        if dialect.name == _POSTGRESQL:
            return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        return moment.isoformat(timespec="milliseconds")

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:  # noqa: ANN401
        """Read it, in UTC."""
        if value is None or isinstance(value, datetime):
            return None if value is None else value.astimezone(UTC)
        return datetime.fromisoformat(value)


class CalendarDay(TypeDecorator[date]):
    """A day: DATE, or ISO 8601."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return what holds it."""
        return dialect.type_descriptor(Date() if dialect.name == _POSTGRESQL else Text())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:  # noqa: ANN401
        """Write it."""
        if value is None:
            return None
        return value if dialect.name == _POSTGRESQL else value.isoformat()

    def process_result_value(self, value: Any, _dialect: Dialect) -> date | None:  # noqa: ANN401
        """Read it."""
        if value is None or isinstance(value, date):
            return value
        return date.fromisoformat(value)


class Identifier(TypeDecorator[UUID]):
    """A UUID: PostgreSQL's own type, or its text with hyphens."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return what holds it."""
        return dialect.type_descriptor(Uuid() if dialect.name == _POSTGRESQL else Text())

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:  # noqa: ANN401
        """Write it."""
        if value is None:
            return None
        return value if dialect.name == _POSTGRESQL else str(value)

    def process_result_value(self, value: Any, _dialect: Dialect) -> UUID | None:  # noqa: ANN401
        """Read it."""
        if value is None or isinstance(value, UUID):
            return value
        return UUID(value)


COUNT = BigInteger().with_variant(Integer(), "sqlite")
"""A number that an instrument counts to: more than PostgreSQL's INTEGER may hold."""

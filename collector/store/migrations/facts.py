"""Facts never change: what both databases are told so that no statement, however careless, alters one."""

from alembic import op

_ERASING = "EXISTS (SELECT 1 FROM erasures WHERE erasures.patient_code = OLD.patient_code AND done_at IS NULL)"
"""The one way out: a patient's facts go while their erasure is going on, which says why and who asked."""


def protect(table: str, word: str, *, erasable: bool) -> None:
    """Refuse updates and deletions of a table's rows.

    Parameters
    ----------
    table, word
        Its name, and what one row of it is.
    erasable
        Whether the facts of a patient that is being erased may be deleted.
    """
    if op.get_bind().dialect.name == "postgresql":
        unless = f"IF TG_OP = 'DELETE' AND {_ERASING} THEN RETURN OLD; END IF;" if erasable else ""
        op.execute(
            f"CREATE FUNCTION {word}_is_for_good() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {unless}"
            f" RAISE EXCEPTION 'a stored {word} is never changed, and never deleted'"
            " USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {word}_is_for_good BEFORE UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {word}_is_for_good()"
        )
    else:
        when = f" WHEN NOT {_ERASING}" if erasable else ""
        op.execute(
            f"CREATE TRIGGER {word}_never_changes BEFORE UPDATE ON {table}"
            f" BEGIN SELECT RAISE (ABORT, 'a stored {word} is never changed'); END"
        )
        op.execute(
            f"CREATE TRIGGER {word}_never_goes BEFORE DELETE ON {table}{when}"
            f" BEGIN SELECT RAISE (ABORT, 'a stored {word} is never deleted'); END"
        )


def unprotect(table: str, word: str) -> None:
    """Take back what :func:`protect` did."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP TRIGGER {word}_is_for_good ON {table}")
        op.execute(f"DROP FUNCTION {word}_is_for_good()")
    else:
        op.execute(f"DROP TRIGGER {word}_never_changes")
        op.execute(f"DROP TRIGGER {word}_never_goes")

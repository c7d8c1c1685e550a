"""A patient's exports: each form of :mod:`collector.operation.exporting` as one archive to take away."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from collector.operation.exporting import Asked, Form, NotExported, export
from collector.page.web import Page, Refused, person_of, screen
from collector.people.roles import Right
from collector.pictures.pictures import PicturesAway
from collector.store import patients
from contract import PatientCode

_PATIENT = TypeAdapter(PatientCode)
_PIECE_BYTES = 256 * 1024


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""
    one_at_a_time = threading.Lock()

    def offered(request: Request) -> Response:
        code = _code(request)
        with page.store.reading() as connection:
            known = [one.patient_code for one in patients.found(connection, code, 1)]
        if code not in known:
            raise HTTPException(404, "Nothing of this patient has arrived. Check the code.")
        page.looked(request, code, "exports")
        return page.render(request, "exports.html", code=code)

    def archive(request: Request) -> Response:
        code = _code(request)
        try:
            form = Form(request.path_params["form"])
        except ValueError:
            raise HTTPException(404, "There is no such export. Go back and choose one.") from None
        if not one_at_a_time.acquire(blocking=False):
            raise HTTPException(429, "Another export is being made. Try again in a minute.")
        try:
            file = _archive(page, code, form, person_of(request).name)
        except NotExported as refused:
            raise Refused(str(refused)) from refused
        except PicturesAway as away:
            raise HTTPException(503, f"Nothing was exported: {away}.") from away
        finally:
            one_at_a_time.release()
        name = f"{code}-{form.value}.zip"
        return StreamingResponse(
            _pieces(file),
            media_type="application/zip",
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )

    return [
        screen("/patients/{code}/exports", offered, Right.EXPORT_PATIENTS),
        screen("/patients/{code}/exports/{form}.zip", archive, Right.EXPORT_PATIENTS),
    ]


def _code(request: Request) -> str:
    try:
        return _PATIENT.validate_python(request.path_params["code"])
    except ValidationError:
        raise HTTPException(404, "This is no patient's code. Go back to the list and choose one.") from None


def _archive(page: Page, code: str, form: Form, by: str) -> IO[bytes]:
    """Return an archive without a name: whatever happens, nothing of it stays on the disk."""
    with tempfile.TemporaryDirectory(prefix="export-") as outer:
        folder = Path(outer) / code
        asked = Asked(frozenset({form}), (code,))
        export(page.store, page.pictures, folder, asked, by, clinic_id=page.clinic_id)
        made = Path(shutil.make_archive(str(Path(outer) / "archive"), "zip", outer, code))
        return made.open("rb")


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE_BYTES):
            yield piece

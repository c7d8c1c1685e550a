"""The bare peer of the picture service: aiohttp behind mTLS; hashes what is put, forces it to the disk, answers 201.

python -m benchmarks.delivery.picture_sink PORT FOLDER CERTIFICATES
"""

from __future__ import annotations

import hashlib
import os
import ssl
import sys
from pathlib import Path

from aiohttp import web

_CHUNK_BYTES = 256 * 1024
_MOST_BYTES = 64 * 1024 * 1024


def serve(port: int, folder: Path, certificates: Path) -> None:
    """Serve on loopback until ended."""

    async def put(request: web.Request) -> web.Response:
        digest, place = hashlib.sha256(), folder / request.match_info["name"]
        partial = place.with_suffix(".partial")
        with partial.open("wb") as file:
            async for chunk in request.content.iter_chunked(_CHUNK_BYTES):
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(place)
        return web.json_response({"sha256": digest.hexdigest()}, status=201)

    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificates / "authority.crt")
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_cert_chain(certificates / "server.crt", certificates / "server.key")
    application = web.Application(client_max_size=_MOST_BYTES)
    application.router.add_put("/images/{name}", put)
    print("sink ready", flush=True)  # noqa: T201  the line that is waited for
    web.run_app(application, host="127.0.0.1", port=port, ssl_context=tls, print=None)


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))

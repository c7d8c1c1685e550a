"""Pictures in a bucket of an S3-compatible store: an object for each, written once by a conditional PUT.

A picture comes in on this machine's disk first, as everywhere, and is answered for once the store has it. S3 makes an
object whole or not at all, and holds what it received against the SHA-256 that is sent with it; reading holds it
against its name once more. Nothing is kept here between two reads: what was erased from the bucket is nowhere else.

The bucket's keys must permit GetObject, PutObject, DeleteObject and ListBucket: without the last S3 says "denied" of
what is not there. Versioning must be off, or erased pictures stay as old versions.
"""

import hashlib
import logging
import mmap
import re
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PermissionDeniedError, UnauthenticatedError

from collector.pictures.bucket_access import Bucket, BucketKeys, opened
from collector.pictures.pictures import PictureDamaged, PicturesAway, Vouched, is_sha256
from collector.pictures.receiving import IncomingPicture, Receiving
from contract import MAX_PICTURE_BYTES

_log = logging.getLogger(__name__)

_PIECE_BYTES = 512 * 1024
_BELIEVED_S = 600.0
"""A picture seen in the bucket is shown as there for so long without asking again: a page names a hundred of them."""
_BELIEVED_PICTURES = 100_000
_NOBODYS_NAME = "0" * 64
_NO_BUCKET = "NoSuchBucket"
_ERROR_CODE = re.compile(r"<Code>(\w+)</Code>")


class PicturesInBucket:
    """The pictures of a bucket; :class:`collector.pictures.pictures.Pictures` says what its methods do.

    Parameters
    ----------
    bucket
        Where it is.
    keys
        Gives what requests are signed with; asked again every five minutes, so that keys can be changed.
    folder
        On this machine, for what is on its way in or out; made if it is not there.
    keep_free_bytes
        What is to stay free on that folder's disk; 0 sets no bound.

    Raises
    ------
    OSError
        If the folder cannot be made, or the authority's file cannot be read.
    obstore.exceptions.BaseError
        If no address can be made of the bucket, or no certificate of the authority's file.
    """

    def __init__(self, bucket: Bucket, keys: Callable[[], BucketKeys], folder: Path, keep_free_bytes: int = 0) -> None:
        self._bucket = bucket
        self._store = opened(bucket, keys)
        self._receiving = Receiving(folder, keep_free_bytes, self._put_in_place)
        self._trouble: str | None = None
        self._seen: OrderedDict[str, float] = OrderedDict()
        self._seeing = threading.Lock()

    def receive(self, sha256: str, size_bytes: int = 0) -> IncomingPicture:
        """Begin to receive a picture, unless the bucket could not be reached just now and still cannot."""
        if self._trouble is not None and (trouble := self.probe()) is not None:
            raise PicturesAway(trouble)
        return self._receiving.begin(sha256, size_bytes)

    def _put_in_place(self, incoming: Path, sha256: str, media_type: str) -> bool:
        with incoming.open("rb") as file:
            # Mapped, not read: obstore sends a conditional PUT from one buffer, and several may be on their way.
            body = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            with self._asking():
                obstore.put(self._store, sha256, body, mode="create", attributes={"Content-Type": media_type})
        except AlreadyExistsError:
            # Another's PUT of the same bytes, or our own whose answer was lost; S3 says the same of one in progress.
            if self.vouched(sha256) is None:
                raise PicturesAway("The same picture is on its way into the bucket, and not there yet") from None
            return False
        self._believe(sha256)
        return True

    def has(self, sha256: str) -> bool:
        """Return whether the picture is there, or was some minutes ago."""
        with self._seeing:
            seen_s = self._seen.get(sha256)
        if seen_s is not None and time.monotonic() - seen_s < _BELIEVED_S:
            return True
        return self.vouched(sha256) is not None

    def vouched(self, sha256: str) -> Vouched | None:
        """Return what the bucket says of a picture."""
        if not is_sha256(sha256):
            return None
        try:
            with self._asking(absence_tells=False):
                answer = obstore.get(self._store, sha256, options={"head": True})
        except FileNotFoundError:
            self._disbelieve(sha256)
            return None
        self._believe(sha256)
        return Vouched(answer.meta["size"], answer.attributes.get("Content-Type"))

    def open(self, sha256: str) -> BinaryIO | None:
        """Fetch a picture into a file without a name, and open that."""
        if not is_sha256(sha256):
            return None
        # Nothing stays on the disk, even if the collector is killed.
        file = tempfile.TemporaryFile(dir=self._receiving.incoming)  # noqa: SIM115  given to the caller
        try:
            self._fetch(sha256, file)
        except FileNotFoundError:
            file.close()
            self._disbelieve(sha256)
            return None
        except BaseException:
            file.close()
            raise
        self._believe(sha256)
        file.seek(0)
        return file

    def _fetch(self, sha256: str, file: BinaryIO) -> None:
        found = hashlib.sha256()
        with self._asking():
            answer = obstore.get(self._store, sha256)
            pieces = iter(answer.stream(_PIECE_BYTES))
        if answer.meta["size"] > MAX_PICTURE_BYTES:
            raise PictureDamaged(sha256)
        while True:
            with self._asking():
                piece = next(pieces, b"")
            if not piece:
                break
            found.update(piece)
            file.write(piece)
        if found.hexdigest() != sha256:
            raise PictureDamaged(sha256)

    def listed(self) -> Iterator[tuple[str, int]]:
        """Give the digest and the size of every picture of the bucket."""
        pages = iter(obstore.list(self._store))
        while True:
            with self._asking():
                page = next(pages, None)
            if page is None:
                break
            yield from ((one["path"], one["size"]) for one in page if is_sha256(one["path"]))

    def delete(self, sha256: str) -> bool:
        """Remove a picture; return whether it was there."""
        if not is_sha256(sha256):
            return False
        self._receiving.forget_refused(sha256)
        there = self.vouched(sha256) is not None
        with self._asking():
            obstore.delete(self._store, sha256)
        self._disbelieve(sha256)
        return there

    def sweep(self) -> int:
        """Remove what an interrupted run left half received on this machine; return how many files."""
        return self._receiving.sweep()

    def no_room_for(self, size_bytes: int) -> str | None:
        """Say why there is no room for a picture of that size on its way; None if there is."""
        return self._receiving.no_room_for(size_bytes)

    @property
    def trouble(self) -> str | None:
        """What kept pictures from being taken in or read when last that was tried; None if nothing."""
        if self._trouble is not None:
            return self._trouble
        try:
            return self.no_room_for(0)
        except OSError as error:
            return f"The folder of pictures on their way cannot be used: {error}"

    def probe(self) -> str | None:
        """Ask the bucket for a picture that cannot be there, and return :attr:`trouble`."""
        try:
            with self._asking():
                obstore.get(self._store, _NOBODYS_NAME)
        except (FileNotFoundError, PicturesAway):
            pass
        return self.trouble

    @contextmanager
    def _asking(self, *, absence_tells: bool = True) -> Iterator[None]:
        """Tell what the bucket answers apart from what keeps it from answering, and remember the latter.

        That something is not there says in answer to a HEAD nothing of the bucket, which may not be there either.
        """
        try:
            yield
        except FileNotFoundError as error:
            if _NO_BUCKET in str(error):
                raise self._no_bucket(error) from error
            if absence_tells:
                self._trouble = None
            raise
        except AlreadyExistsError:
            self._trouble = None
            raise
        except (PermissionDeniedError, UnauthenticatedError) as error:
            raise self._away(
                "It refuses the collector: check the keys, what they permit, and this machine's clock", error
            ) from error
        except BaseError as error:
            if _NO_BUCKET in str(error):
                raise self._no_bucket(error) from error
            raise self._away("It cannot be reached, or failed: check the network and the service", error) from error
        self._trouble = None

    def _no_bucket(self, error: Exception) -> PicturesAway:
        return self._away(f"There is no bucket {self._bucket.name} there: create it, or mend its name", error)

    def _away(self, words: str, error: Exception) -> PicturesAway:
        self._trouble = f"Pictures are kept in the bucket {self._bucket.name} at {self._bucket.endpoint}. {words}"
        _log.error("%s (%s).", self._trouble, _in_a_line(error))
        return PicturesAway(self._trouble)

    def _believe(self, sha256: str) -> None:
        with self._seeing:
            self._seen[sha256] = time.monotonic()
            self._seen.move_to_end(sha256)
            if len(self._seen) > _BELIEVED_PICTURES:
                self._seen.popitem(last=False)

    def _disbelieve(self, sha256: str) -> None:
        with self._seeing:
            self._seen.pop(sha256, None)


def _in_a_line(error: Exception) -> str:
    """Return an error as a line of the log: its first, and the service's own code for it."""
    text = str(error)
    code = _ERROR_CODE.search(text)
    return text.strip().split("\n", 1)[0].split(": <", 1)[0] + (f": {code[1]}" if code else "")

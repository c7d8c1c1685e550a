"""Where pictures are kept, as settings say it in one line: a folder, or a bucket of an S3-compatible store."""

import configparser
import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from obstore.exceptions import BaseError

from collector.pictures.bucket import PicturesInBucket
from collector.pictures.bucket_access import Bucket, BucketKeys
from collector.pictures.folder import PicturesInFolder
from collector.pictures.pictures import Pictures
from groundwork.credential import check_secret

_EXAMPLE = "s3://BUCKET/PREFIX?endpoint=https://s3.example.org&region=eu-central-1"
_PARAMETERS = ("endpoint", "region", "authority")
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
_REGION = re.compile(r"[a-z0-9-]{1,40}")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_ANY_REGION = "us-east-1"
"""What compatible stores that know no regions expect requests to be signed for."""


class PlaceRefused(ValueError):
    """No pictures can be kept where the settings say; the message says why, and never repeats what they say."""


def place(text: str) -> Path | Bucket:
    """Read where pictures are kept: an absolute path, ``file:///PATH`` or ``s3://BUCKET/PREFIX?endpoint=...``.

    ``endpoint`` is the service's address; without it Amazon's of the ``region``, which must then be named. It is HTTPS
    anywhere but on this machine. ``authority`` names a PEM file of the authority that signed the service's certificate,
    where that is none of those the system knows.

    Raises
    ------
    PlaceRefused
        If it is none of these, or names keys.
    """
    if "://" not in text:
        return _folder(text)
    try:
        url = urlsplit(text)
        has_port = url.port is not None
    except ValueError:
        raise PlaceRefused(f"this is no address: write it as {_EXAMPLE}") from None
    if "@" in url.netloc:
        raise PlaceRefused("keys do not belong in the address of pictures: name their file in store_credentials")
    if url.scheme == "file" and not url.netloc:
        return _folder(unquote(url.path))
    if url.scheme != "s3" or has_port or url.fragment:
        raise PlaceRefused(f"pictures are kept in a folder (/PATH or file:///PATH) or in a bucket ({_EXAMPLE})")
    return _bucket(url)


def pictures_at(where: str | None, folder: Path, keep_free_bytes: int = 0, credentials: Path | None = None) -> Pictures:
    """Open the place of pictures.

    Parameters
    ----------
    where
        As :func:`place` reads it; None for ``folder`` itself.
    folder
        On this machine: where pictures are kept, or where they wait on their way into a bucket.
    keep_free_bytes
        What is to stay free on the disk of pictures, or of those on their way; 0 sets no bound.
    credentials
        A file of a bucket's keys as Amazon's tools write it (``[default]``, ``aws_access_key_id = ...``,
        ``aws_secret_access_key = ...``, perhaps ``aws_session_token = ...``). None takes them from the variables
        ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY`` and ``AWS_SESSION_TOKEN``.

    Raises
    ------
    PlaceRefused
        If ``where`` cannot be one, or there are no keys.
    OSError
        If a folder cannot be made, or a file cannot be read; :class:`~groundwork.credential.SecretOpenToOthers` if the
        keys are open to others.
    """
    found = folder if where is None else place(where)
    if isinstance(found, Path):
        return PicturesInFolder(found, keep_free_bytes)
    keys: Callable[[], BucketKeys] = _keys_of_environment if credentials is None else partial(_keys_of, credentials)
    keys()  # what is wrong with them is said now, to whom starts the collector
    try:
        return PicturesInBucket(found, keys, folder, keep_free_bytes)
    except BaseError as error:
        authority = "" if found.authority is None else f", and whether {found.authority} is a certificate in PEM"
        raise PlaceRefused(
            f"the bucket of pictures cannot be used ({str(error).splitlines()[0]}): check its address{authority}"
        ) from error


def _folder(path: str) -> Path:
    if not Path(path).is_absolute():
        raise PlaceRefused("a folder of pictures is named by its whole path, from / on")
    return Path(path)


def _bucket(url: SplitResult) -> Bucket:
    parameters = dict(parse_qsl(url.query, keep_blank_values=True))
    if any("key" in name.lower() or "secret" in name.lower() or "token" in name.lower() for name in parameters):
        raise PlaceRefused("keys do not belong in the address of pictures: name their file in store_credentials")
    if not parameters.keys() <= set(_PARAMETERS):
        raise PlaceRefused(f"an address of pictures may have {', '.join(_PARAMETERS)} behind its question mark only")
    prefix = unquote(url.path).strip("/")
    if _BUCKET_NAME.fullmatch(url.netloc) is None or (prefix and _PREFIX.fullmatch(prefix) is None):
        raise PlaceRefused(
            "a bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens; what follows has letters,"
            f" digits, dots, hyphens and underscores between its slashes: {_EXAMPLE}"
        )
    region = parameters.get("region")
    if region is not None and _REGION.fullmatch(region) is None:
        raise PlaceRefused("a region has lower-case letters, digits and hyphens, as eu-central-1")
    if region is None and "endpoint" not in parameters:
        raise PlaceRefused(f"name the region, or the endpoint of a store that is not Amazon's: {_EXAMPLE}")
    authority = parameters.get("authority")
    return Bucket(
        name=url.netloc,
        prefix=prefix,
        endpoint=_endpoint(parameters["endpoint"])
        if "endpoint" in parameters
        else f"https://s3.{region}.amazonaws.com",
        region=region or _ANY_REGION,
        authority=None if authority is None else _folder(authority),
    )


def _endpoint(text: str) -> str:
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        host = None
    if not host or "@" in url.netloc or url.scheme not in {"http", "https"} or url.query or url.path.strip("/"):
        raise PlaceRefused("an endpoint is https://HOST or https://HOST:PORT, without keys or anything behind it")
    if url.scheme == "http" and host not in _LOOPBACK:
        raise PlaceRefused("pictures leave this machine by https:// only: the endpoint is http:// and on another one")
    return f"{url.scheme}://{url.netloc}"


def _keys_of_environment() -> BucketKeys:
    key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if not key or not secret:
        raise PlaceRefused(
            "the bucket of pictures needs keys: name their file in store_credentials, or set AWS_ACCESS_KEY_ID and"
            " AWS_SECRET_ACCESS_KEY"
        )
    return BucketKeys(key, secret, os.environ.get("AWS_SESSION_TOKEN"))


def _keys_of(path: Path) -> BucketKeys:
    check_secret(path)
    file = configparser.RawConfigParser()
    try:
        file.read_string(path.read_text(encoding="utf-8"))
        keys = file["default"]
        return BucketKeys(
            keys["aws_access_key_id"], keys["aws_secret_access_key"], keys.get("aws_session_token") or None
        )
    except (configparser.Error, KeyError, UnicodeDecodeError):
        # the parser's own words would repeat the line, and so the key
        raise PlaceRefused(
            f"{path} holds no keys of a bucket: write [default] and, each on a line, aws_access_key_id = ... and"
            " aws_secret_access_key = ..."
        ) from None

"""An S3-compatible store on this machine, for tests: moto's server, which knows buckets, conditional writes and keys.

It lives in a place of its own, ``.venv-s3``: its needs and ours do not fit into one environment.
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic, sleep

import httpx
import pytest

from tests.free_ports import free_port

_PROGRAM = Path(__file__).parents[1] / ".venv-s3" / "bin" / "moto_server"
_REGION = "us-east-1"
_WITHIN_S = 30.0
_MAY_ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
_UNSIGNED_ACTIONS = 4  # the user, what it may, its keys, the bucket; from then on every request is checked


@dataclass(frozen=True)
class S3Server:
    """A running server with one bucket, and the keys of a user who may use it.

    Parameters
    ----------
    endpoint
        Its address.
    bucket
        The bucket's name.
    access_key_id, secret_access_key
        The keys.
    """

    endpoint: str
    bucket: str
    access_key_id: str
    secret_access_key: str

    def write_keys(self, path: Path, *, secret_access_key: str | None = None) -> Path:
        """Write the keys to a file as Amazon's tools do, or others in their place; return the path."""
        path.touch(mode=0o600)
        secret = self.secret_access_key if secret_access_key is None else secret_access_key
        path.write_text(
            f"[default]\naws_access_key_id = {self.access_key_id}\naws_secret_access_key = {secret}\n", encoding="utf-8"
        )
        return path

    def place(self, prefix: str, *, endpoint: str | None = None, bucket: str | None = None) -> str:
        """Return where pictures are kept, as the settings say it."""
        return f"s3://{bucket or self.bucket}/{prefix}?endpoint={endpoint or self.endpoint}&region={_REGION}"


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Run a server for the length of the block; skip the test where it is not installed."""
    if not _PROGRAM.exists():
        pytest.skip("no S3 server here: 'make test' installs it into .venv-s3, which takes a network")
    port = free_port()
    with TemporaryFile() as said:
        process = subprocess.Popen(
            [_PROGRAM, "-H", "127.0.0.1", "-p", str(port)],
            env={"INITIAL_NO_AUTH_ACTION_COUNT": str(_UNSIGNED_ACTIONS), "MOTO_IAM_LOAD_MANAGED_POLICIES": "false"},
            stdout=said,
            stderr=said,
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=_WITHIN_S) as client:
                _await(client, process)
                yield _furnished(client)
        finally:
            process.kill()
            process.wait()


def _await(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    until_s = monotonic() + _WITHIN_S
    while True:
        try:
            client.get("/moto-api/data.json")
        except httpx.TransportError:
            if process.poll() is not None or monotonic() > until_s:
                pytest.fail("the S3 server did not start")
            sleep(0.05)
        else:
            return


def _furnished(client: httpx.Client) -> S3Server:
    """Make a user with keys, and a bucket."""
    _iam(client, Action="CreateUser", UserName="collector")
    _iam(client, Action="PutUserPolicy", UserName="collector", PolicyName="all", PolicyDocument=_MAY_ALL)
    keys = _iam(client, Action="CreateAccessKey", UserName="collector")
    client.put("/pictures", headers=_scope("s3")).raise_for_status()
    return S3Server(
        endpoint=str(client.base_url).rstrip("/"),
        bucket="pictures",
        access_key_id=_inside(keys, "AccessKeyId"),
        secret_access_key=_inside(keys, "SecretAccessKey"),
    )


def _iam(client: httpx.Client, **asked: str) -> str:
    answer = client.post("/", data={"Version": "2010-05-08", **asked}, headers=_scope("iam"))
    answer.raise_for_status()
    return answer.text


def _scope(service: str) -> dict[str, str]:
    """Say which service a request is for, as a signature would."""
    return {"authorization": f"AWS4-HMAC-SHA256 Credential=none/20260101/{_REGION}/{service}/aws4_request"}


def _inside(xml: str, element: str) -> str:
    found = re.search(f"<{element}>([^<]+)</{element}>", xml)
    assert found is not None, xml
    return found[1]

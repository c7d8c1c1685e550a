"""The line between device and clinic, for spoiling: TCP connections carried on, delayed, slowed, reset or swallowed.

Run as ``python -m benchmarks.delivery.chaos.proxy '[[PORT, HOST, PORT], ...]'``. It listens on loopback, carries bytes
and knows nothing of TLS. Each line on its standard input is a JSON object of `Spoiling`'s fields that change, or
``{"reset": true}``; the end of the input ends it.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import sys
from dataclasses import dataclass, field, replace

_CHUNK_BYTES = 16 * 1024
_LOOK_EVERY_S = 0.02
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # socket(7), SO_LINGER for no time


@dataclass(frozen=True)
class Spoiling:
    """What happens to every connection.

    Parameters
    ----------
    delay_s : float
        Of each chunk, give or take a half.
    rate_bytes_per_s : float
        Of each direction; 0 for all that goes.
    cut_after_bytes : int
        A connection is reset once so much has passed; 0 for never.
    blackhole : bool
        Nothing passes; it goes on from there once this is over.
    refuse : bool
        New connections are reset.
    """

    delay_s: float = 0.0
    rate_bytes_per_s: float = 0.0
    cut_after_bytes: int = 0
    blackhole: bool = False
    refuse: bool = False


@dataclass
class Line:
    """All connections of the proxy.

    Parameters
    ----------
    spoiling : Spoiling
        As it is now.
    writers : set of asyncio.StreamWriter
        Both ends of every connection.
    """

    spoiling: Spoiling = field(default_factory=Spoiling)
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def obey(self, command: dict[str, object]) -> None:
        """Do what a line of the standard input says."""
        if command.pop("reset", False):
            self.reset(list(self.writers))
        self.spoiling = replace(self.spoiling, **command)  # type: ignore[arg-type]  # fields by name

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int) -> None:
        """Carry one connection until either end is done."""
        if self.spoiling.refuse:
            self.reset([writer])
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(host, port)
        except OSError:
            self.reset([writer])
            return
        ends = [writer, far_writer]
        self.writers.update(ends)
        passed = [0]
        try:
            await asyncio.gather(
                self._pass(reader, far_writer, ends, passed), self._pass(far_reader, writer, ends, passed)
            )
        finally:
            self.writers.difference_update(ends)
            for end in ends:
                end.close()

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        ends: list[asyncio.StreamWriter],
        passed: list[int],
    ) -> None:
        try:
            while chunk := await reader.read(_CHUNK_BYTES):
                while self.spoiling.blackhole:
                    await asyncio.sleep(_LOOK_EVERY_S)
                if self.spoiling.delay_s:
                    await asyncio.sleep(self.spoiling.delay_s * random.uniform(0.5, 1.5))  # noqa: S311
                if self.spoiling.rate_bytes_per_s:
                    await asyncio.sleep(len(chunk) / self.spoiling.rate_bytes_per_s)
                passed[0] += len(chunk)
                if 0 < self.spoiling.cut_after_bytes <= passed[0]:
                    self.reset(ends)
                    return
                writer.write(chunk)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
        except OSError:
            self.reset(ends)

    def reset(self, writers: list[asyncio.StreamWriter]) -> None:
        """End connections with RST, what is in their buffers with them."""
        for writer in writers:
            end: socket.socket | None = writer.get_extra_info("socket")
            if end is not None and end.fileno() >= 0:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            writer.transport.abort()


async def serve(routes: list[tuple[int, str, int]]) -> None:
    """Serve routes of (port here, host, port there) until the standard input ends."""
    line = Line()
    for here, host, there in routes:
        await asyncio.start_server(
            lambda reader, writer, host=host, there=there: line.carry(reader, writer, host, there),  # type: ignore[misc]
            "127.0.0.1",
            here,
        )
    print("proxy ready", flush=True)  # noqa: T201  the line that the scenario waits for
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while command := await commands.readline():
        line.obey(json.loads(command))


if __name__ == "__main__":
    asyncio.run(serve([(here, host, there) for here, host, there in json.loads(sys.argv[1])]))

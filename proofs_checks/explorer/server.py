"""The server of the explorer: on this machine only, and only for who has its address.

Everything lies behind a random token in the path, the WebSocket and the page's own scripts too;
any other path is not found.  A WebSocket needs a session besides that this server has signed, and
comes from this address, not another site.  Nothing is loaded from elsewhere.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import socket
from typing import Any

from bokeh.document import Document
from bokeh.server.server import BaseServer
from bokeh.server.tornado import BokehTornado
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.web import RequestHandler

from proofs_checks.explorer.explorer import Explorer
from proofs_checks.explorer.page import page_into

__all__ = ["ExplorerServer"]

ADDRESS = "127.0.0.1"
LARGEST_MESSAGE = 1_000_000  # bytes from the page
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TYPES = {".png": "image/png", ".svg": "image/svg+xml", ".pdf": "application/pdf"}


class ExplorerServer:
    """A server of one explorer.

    ``port``  0 for a free one

    Raises `OSError` where the port is taken.
    """

    def __init__(self, explorer: Explorer, port: int = 0) -> None:
        try:
            listening = socket.create_server((ADDRESS, port))
        except OSError as error:
            raise OSError(
                f"cannot listen on port {port} of {ADDRESS}: {os.strerror(error.errno or 0)}. "
                "Give another `--port`, or none for a free one."
            ) from None
        listening.setblocking(False)
        self.port: int = listening.getsockname()[1]
        self._explorer, self._loop = explorer, IOLoop()
        prefix = f"/{secrets.token_urlsafe(24)}"

        def page(document: Document) -> None:
            page_into(document, explorer, prefix)

        application = BokehTornado(
            page, prefix=prefix, extra_websocket_origins=[f"{ADDRESS}:{self.port}"],
            sign_sessions=True, secret_key=secrets.token_bytes(32), ico_path="none",
            extra_patterns=[(r"/figure(\.png|\.svg|\.pdf)", _Figure, {"explorer": explorer})],
            websocket_max_message_size_bytes=LARGEST_MESSAGE,
            include_headers=[], include_cookies=[],
        )  # fmt: skip
        self._http = HTTPServer(application)
        self._http.add_sockets([listening])
        self._server = BaseServer(self._loop, application, self._http)
        self.url = f"http://{ADDRESS}:{self.port}{prefix}/"

    def run(self) -> int:
        """Serve until a signal; return its number, 0 where the loop was stopped otherwise."""
        ended_by: list[int] = []

        def end(number: int) -> None:
            ended_by.append(number)
            self._loop.stop()

        _quiet()
        loop = self._loop.asyncio_loop  # pyright: ignore[reportAttributeAccessIssue]
        numbers = [n for n in ENDING if signal.getsignal(n) != signal.SIG_IGN]
        for number in numbers:
            loop.add_signal_handler(number, end, number)
        self._explorer.open()
        self._server.start()
        try:
            self._loop.start()
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)
            self.close()
        return ended_by[0] if ended_by else 0

    def close(self) -> None:
        """Hear no more, and give up what is being computed."""
        self._explorer.close()
        self._server.stop()
        self._loop.run_sync(self._hang_up)
        self._loop.close()

    async def _hang_up(self) -> None:
        """Close what visitors have open, and let what still runs in the loop end."""
        await self._http.close_all_connections()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


class _Figure(RequestHandler):
    """The printed figure of what the page shows."""

    def initialize(self, explorer: Explorer) -> None:
        self.explorer = explorer

    async def get(self, suffix: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            name, data = await loop.run_in_executor(None, self.explorer.figure, suffix)
        except ValueError as error:
            self.set_status(503)
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.write(str(error))
            return
        self.set_header("Content-Type", TYPES[suffix])
        self.set_header("Content-Disposition", f'attachment; filename="{_ascii(name)}"')
        self.set_header("Cache-Control", "no-store")
        self.write(data)


def _ascii(name: str) -> str:
    """Return a file's name with only what a header can hold."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name)


class _OneLine(logging.Formatter):
    """A record as one line: an exception by its name and sentence."""

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """Return the last line only."""
        return f"{ei[0].__name__}: {ei[1]}"

    def format(self, record: logging.LogRecord) -> str:
        """Return everything on one line."""
        return "proofhead explore: " + " ".join(super().format(record).split())


def _quiet() -> None:
    """Let errors of the server cost a line on standard error; requests that it refuses, none."""
    handler = logging.StreamHandler()
    handler.setFormatter(_OneLine())
    handler.setLevel(logging.ERROR)
    for name in ("bokeh", "tornado"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False

"""The server of the explorer: refused without its token, survives what makes no sense, ends."""

import json
import os
import re
import shlex
import signal
import socket
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from bokeh.util.token import generate_jwt_token
from websocket import WebSocketException, create_connection

from proofs_checks.cli.run import run
from tests.proofs_checks.explorer.browser import PATIENCE, until
from tests.proofs_checks.explorer.serving import OWN, SAID, explorer

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    (folder / "own.toml").write_text(OWN)
    with explorer("own.toml", "--no-prove", "--start", "0.5,0.5", cwd=folder) as (process, url):
        yield folder, process, url


def status(url):
    try:
        with urlopen(url, timeout=PATIENCE) as answer:
            return answer.status
    except HTTPError as error:
        return error.code


def page_of(url):
    with urlopen(url, timeout=PATIENCE) as answer:
        return answer.read().decode()


def session(url):
    return re.search(r'"token":"([^"]+)"', page_of(url))[1]


def handshake(url, token, origin):
    """Return the status that the server answers to one who asks for its WebSocket; 101 is yes."""
    address = urlsplit(url)
    with closing(HTTPConnection(address.netloc, timeout=PATIENCE)) as connection:
        connection.request("GET", f"{address.path}ws", headers={
            "Connection": "Upgrade", "Upgrade": "websocket", "Origin": origin,
            "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
            "Sec-WebSocket-Protocol": f"bokeh, {token}",
        })  # fmt: skip
        with closing(connection.getresponse()) as response:
            return response.status


@contextmanager
def opened(url, token):
    """Yield a WebSocket that comes from the page itself."""
    connection = create_connection(
        f"{url.replace('http', 'ws')}ws", timeout=PATIENCE, subprotocols=["bokeh", token],
        origin=f"http://{urlsplit(url).netloc}",
    )  # fmt: skip
    try:
        yield connection
    finally:
        connection.shutdown()  # not `close`, which leaves a lost one open


def message(connection):
    """Return the kind and the content of the next message; its parts come one by one."""
    header, _, content = (json.loads(connection.recv()) for _ in range(3))
    for _ in range(2 * header.get("num_buffers", 0)):
        connection.recv()
    return header["msgtype"], content


def send(connection, kind, content):
    for part in ({"msgid": "1", "msgtype": kind}, {}, content):
        connection.send(json.dumps(part))


def test_it_listens_on_this_machine_only(served):
    _, _, url = served
    assert urlsplit(url).hostname == "127.0.0.1"
    assert len(urlsplit(url).path.strip("/")) == 32
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", urlsplit(url).port), 5):
        pass


def test_nothing_is_served_without_the_token(served):
    _, _, url = served
    base = f"http://{urlsplit(url).netloc}"
    assert status(url) == 200
    almost = urlsplit(url).path[:-2] + ("y/" if url.endswith("x/") else "x/")
    others = ["/", "/ws", "/static/js/bokeh.min.js", "/figure.png", "/metadata", "/autoload.js",
              "/favicon.ico", almost, "/../etc/passwd"]  # fmt: skip
    assert {status(base + path) for path in others} == {404}
    assert handshake(f"{base}/", session(url), base) == 404


def test_the_page_loads_nothing_from_elsewhere(served):
    _, _, url = served
    text = page_of(url)
    sources = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert sources and all(x.startswith((urlsplit(url).path, "static", "data:")) for x in sources)


def test_a_socket_from_another_site_or_with_a_forged_session_is_refused(served):
    _, _, url = served
    address = urlsplit(url)
    assert handshake(url, session(url), f"http://{address.netloc}") == 101
    for origin in ("http://example.org", f"http://localhost:{address.port}", "null"):
        assert handshake(url, session(url), origin) == 403
    forged = generate_jwt_token("me", secret_key=b"guessed", signed=True)
    with opened(url, forged) as connection:
        assert is_closed(connection)


def is_closed(connection):
    """Whether the server says nothing more to who sits at the other end."""
    try:
        return connection.recv() == ""
    except (WebSocketException, OSError):
        return True


def test_messages_that_make_no_sense_are_survived(served):
    _, process, url = served
    with opened(url, session(url)) as connection:
        nonsense(connection)
    assert status(url) == 200 and process.poll() is None


def nonsense(connection):
    assert message(connection)[0] == "ACK"
    slider = until(lambda: named(connection, "slider k"), "the document has its slider")
    for attribute, value, reply in (
        ("value_throttled", "__import__('os')", "ERROR"),
        ("value", [1], "ERROR"),
        ("_callbacks", 1, "OK"),  # no property: ignored
    ):
        event = {"kind": "ModelChanged", "model": {"id": slider}, "attr": attribute, "new": value}
        send(connection, "PATCH-DOC", {"events": [event]})
        assert answer(connection, ("ERROR", "OK"))[0] == reply
    event = {"kind": "ModelChanged", "model": {"id": slider}, "attr": "value_throttled", "new": 99}
    send(connection, "PATCH-DOC", {"events": [event]})
    until(lambda: "interval [-1, 3]; got 99" in json.dumps(document(connection)), "it is answered")
    connection.send("no message at all")


def answer(connection, kinds):
    """Return the next message of one of these kinds."""
    while True:
        found = message(connection)
        if found[0] in kinds:
            return found


def document(connection):
    send(connection, "PULL-DOC-REQ", {})
    return answer(connection, ("PULL-DOC-REPLY",))[1]


def named(connection, name):
    found = re.search(
        rf'"id": "(p\d+)", "attributes": {{"name": "{name}"', json.dumps(document(connection))
    )
    return found and found[1]


def test_the_figure_is_the_file_that_the_command_writes(served, monkeypatch, capsys):
    folder, _, url = served
    until(lambda: status(f"{url}figure.svg") == 200, "there is a portrait")
    with urlopen(f"{url}figure.svg", timeout=PATIENCE) as got:
        assert got.headers["Content-Disposition"] == 'attachment; filename="own.svg"'
        data = got.read()
    command = re.search(rb"proofhead portrait [^<]*", data)[0].decode()
    assert command == "proofhead portrait own.toml -o own.svg --start 0.5,0.5 --no-prove"
    monkeypatch.chdir(folder)
    assert run(shlex.split(command)[1:]) == 0
    capsys.readouterr()
    assert (folder / "own.svg").read_bytes() == data
    assert status(f"{url}figure.exe") == 404


@pytest.mark.parametrize(("ending", "result"), [("SIGINT", 0), ("SIGTERM", 143)])
def test_it_ends_at_once_and_quietly(ending, result, tmp_path):
    (tmp_path / "own.toml").write_text(OWN)
    with explorer("own.toml", cwd=tmp_path) as (process, url):
        assert status(url) == 200  # while the first portrait is being computed
        process.send_signal(getattr(signal, ending))
        assert process.wait(PATIENCE) == result
        assert process.stderr.read() == SAID

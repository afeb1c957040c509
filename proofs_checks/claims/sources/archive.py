r"""The text files of an archive, read in memory: `.tar`, `.tar.gz`, `.zip`, or a single `.gz`.

This is what arXiv serves as the source of a paper: a gzip'd tar, or one gzip'd TeX file.  Nothing
is written to the disk.  An archive may come from anybody, so that its members, their size and
their compression are bounded; links and devices are not followed, and an archive with names that
lead out of it is refused as a whole, since no honest program makes one.
"""

from __future__ import annotations

import io
import posixpath
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable

from proofs_checks.claims.sources.bundle import SourceError
from proofs_checks.claims.sources.files import FILE_BYTES, Members

__all__ = ["RATIO", "is_archive", "members_of"]

ARCHIVE_BYTES = 256 * 1024 * 1024  # of the file itself
TOTAL_BYTES = 512 * 1024 * 1024  # of everything that it decompresses to
TEXT_BYTES = 64 * 1024 * 1024  # of the members that are kept
MEMBERS = 10_000
RATIO = 200  # of decompressed to compressed bytes; text has about 4
RATIO_FROM = 4 * 1024 * 1024  # decompressed bytes from which the ratio counts
CHUNK = 1 << 16
SINGLE = "document.tex"  # the name of the one file in a .gz

_TEXT = (
    ".tex", ".ltx", ".latex", ".sty", ".cls", ".def", ".clo", ".cfg", ".md", ".markdown", ".ipynb",
    ".txt", ".bbl",
)  # fmt: skip
_GZIP, _ZIP = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06")


def is_archive(data: bytes) -> bool:
    """Tell whether the bytes are an archive, by how they begin."""
    return data.startswith((_GZIP, *_ZIP)) or _is_tar(data)


def _is_tar(data: bytes) -> bool:
    is_empty = len(data) >= 512 and not data[:512].strip(b"\0")
    return is_empty or data[257:262] == b"ustar"


def members_of(data: bytes) -> Members:
    """Return the text files of an archive; the one of a plain `.gz` is called `document.tex`.

    Raises `SourceError` for an archive that is empty, damaged, encrypted, beyond the limits, or
    that has names leading out of it.
    """
    if len(data) > ARCHIVE_BYTES:
        raise SourceError(f"the archive has {len(data)} bytes; at most {ARCHIVE_BYTES} are read")
    collected = _Collected(len(data))
    try:
        if data.startswith(_GZIP):
            _from_gzip(data, collected)
        elif _is_tar(data):
            _from_tar(io.BytesIO(data), collected)
        else:
            _from_zip(data, collected)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise SourceError(f"the archive is damaged: {error}") from None
    except (NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise SourceError(f"the archive cannot be read: {error}") from None
    if not collected.files:
        held = ", ".join(sorted(collected.seen)[:3])
        what = f"no TeX, Markdown or notebook (it has {held})" if held else "nothing"
        raise SourceError(f"the archive holds {what}")
    return Members(collected.files, collected.refused)


class _Collected:
    """What was read so far, and the limits on it."""

    def __init__(self, compressed: int) -> None:
        self.compressed = compressed
        self.files: dict[str, bytes] = {}
        self.refused: dict[str, str] = {}
        self.seen: set[str] = set()
        self.total = self.kept = self.count = 0

    def counted(self, decompressed: int) -> None:
        """Count decompressed bytes; refuse an archive that is a bomb."""
        self.total += decompressed
        if self.total > TOTAL_BYTES:
            raise SourceError(f"the archive decompresses to more than {TOTAL_BYTES} bytes")
        if self.total > RATIO_FROM and self.total > RATIO * self.compressed:
            raise SourceError(
                f"the archive decompresses to more than {RATIO} times its size: not read"
            )

    def member(self, name: str, why_not: str, read: Callable[[int], bytes]) -> None:
        """Take in one member; ``read(n)`` returns its first n bytes."""
        self.count += 1
        if self.count > MEMBERS:
            raise SourceError(f"the archive has more than {MEMBERS} members")
        path = _checked(name)
        self.seen.add(path)
        if why_not:
            self.refused[path] = why_not
        elif path.lower().endswith(_TEXT) or "." not in posixpath.basename(path):
            self._keep(path, read(FILE_BYTES + 1))

    def _keep(self, path: str, data: bytes) -> None:
        if len(data) > FILE_BYTES:
            self.refused[path] = f"has more than {FILE_BYTES} bytes"
            return
        self.kept += len(data)
        if self.kept > TEXT_BYTES:
            raise SourceError(f"the archive has more than {TEXT_BYTES} bytes of text")
        self.refused.pop(path, None)
        self.files[path] = data


def _checked(name: str) -> str:
    """Return a member's name in normal form; raise `SourceError` if it leads out."""
    plain = name.replace("\\", "/")
    path = posixpath.normpath(plain)
    if plain.startswith("/") or path == ".." or path.startswith("../") or plain[1:3] == ":/":
        raise SourceError(f"the archive has a member `{name}`, which leads out of it: not read")
    if "\0" in path:
        raise SourceError("the archive has a member with a zero byte in its name: not read")
    return path


class _Inflated:
    """The decompressed bytes of gzip streams that follow one another, each counted."""

    def __init__(self, data: bytes, collected: _Collected) -> None:
        self._data, self._position, self._collected = data, 0, collected
        self._tail = b""
        self._inflater = zlib.decompressobj(wbits=31)
        self._streams = 1
        self._is_done = False

    def read(self, size: int) -> bytes:
        """Return up to ``size`` bytes; fewer only at the end."""
        parts: list[bytes] = []
        while size > 0 and not self._is_done:
            self._fill()
            part = self._inflater.decompress(self._tail, min(size, CHUNK))
            self._tail = self._inflater.unconsumed_tail
            if self._inflater.eof:
                self._next_stream()
            elif not part and not self._tail and self._position >= len(self._data):
                raise EOFError("it ends too early")
            self._collected.counted(len(part))
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _fill(self) -> None:
        # in slices: zlib copies what it has not consumed
        if not self._tail:
            self._tail = self._data[self._position : self._position + CHUNK]
            self._position += CHUNK

    def _next_stream(self) -> None:
        self._tail = self._inflater.unused_data.lstrip(b"\0")
        while not self._tail and self._position < len(self._data):
            self._fill()
            self._tail = self._tail.lstrip(b"\0")
        self._is_done = not self._tail
        self._streams += 1
        if self._streams > MEMBERS:
            raise SourceError(f"the archive has more than {MEMBERS} compressed parts")
        self._inflater = zlib.decompressobj(wbits=31)


def _from_gzip(data: bytes, collected: _Collected) -> None:
    stream = _Inflated(data, collected)
    start = stream.read(512)
    if _is_tar(start):
        _from_tar(_Joined(start, stream), collected)
        return
    if is_archive(start):
        raise SourceError("the archive holds another archive; unpack it first")
    text = start + stream.read(FILE_BYTES + 1)
    if len(text) > FILE_BYTES:
        raise SourceError(f"the compressed file has more than {FILE_BYTES} bytes")
    if text:
        collected.files[SINGLE] = text


class _Joined:
    """A stream whose first bytes were read already."""

    def __init__(self, start: bytes, rest: _Inflated) -> None:
        self._start, self._rest = start, rest

    def read(self, size: int) -> bytes:
        """Return up to ``size`` bytes."""
        held, self._start = self._start[:size], self._start[size:]
        return held + (self._rest.read(size - len(held)) if len(held) < size else b"")


def _from_tar(stream: io.BytesIO | _Joined, collected: _Collected) -> None:
    with tarfile.open(fileobj=stream, mode="r|") as archive:  # pyright: ignore[reportArgumentType, reportCallIssue]
        for member in archive:
            if member.isdir():
                _checked(member.name)
                continue
            why_not = ""
            if member.issym() or member.islnk():
                why_not = "is a link in the archive"
            elif member.issparse():  # a few bytes that say that they are many
                why_not = "is a sparse file in the archive"
            elif not member.isfile():
                why_not = "is a device or a pipe in the archive"
            collected.member(member.name, why_not, _reader(archive, member))


def _reader(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Callable[[int], bytes]:
    def read(size: int) -> bytes:
        opened = archive.extractfile(member)
        return opened.read(size) if opened is not None else b""

    return read


def _from_zip(data: bytes, collected: _Collected) -> None:
    if data.count(b"PK\x01\x02") > 2 * MEMBERS:  # the library would list them all first
        raise SourceError(f"the archive has more than {MEMBERS} members")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            if member.is_dir():
                _checked(member.filename)
                continue
            why_not = ""
            kind = stat.S_IFMT(member.external_attr >> 16)
            if kind == stat.S_IFLNK:
                why_not = "is a link in the archive"
            elif kind not in (0, stat.S_IFREG):
                why_not = "is a device or a pipe in the archive"

            def read(size: int, member: zipfile.ZipInfo = member) -> bytes:
                if member.flag_bits & 1:
                    raise SourceError("the archive is encrypted; decrypt it first")
                with archive.open(member) as opened:
                    text = opened.read(size)
                collected.counted(len(text))
                return text

            collected.member(member.filename, why_not, read)

"""Writing files so that nobody ever sees half of one, and no end of a run leaves anything behind.

What is being written lies hidden beside its target, as `.proofhead-HOST-PROCESS-RANDOM`, and takes
the target's place when it is whole.  A run that is killed cannot tidy up; so whoever next writes to
the folder removes what belongs to processes that are gone.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["check_place", "is_temporary", "replacement", "scratch_folder", "write_atomically"]

NAME = re.compile(r"\.proofhead-(?P<host>[0-9a-zA-Z_]+)-(?P<process>\d+)-\w+")
FORGOTTEN = 86_400.0
"""Seconds after which a temporary file of another machine, whose processes we cannot see, goes."""
DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)
"""What goes wrong with a disk while a file is written; such errors name no file."""

_in_use: set[Path] = set()  # those of this process: after a restart its number may be the old one


def check_place(path: Path) -> Path:
    """Return the file that is written if ``path`` is named: links are followed, never replaced.

    Raises `OSError` where no file can be put: a missing folder or one that may not be written to, a
    folder, a device or a pipe, a file that may not be written to, a circle of links.
    """
    try:
        target = path.resolve()
        found = target.exists()
    except (OSError, RuntimeError):  # Python before 3.13 raises the latter
        raise OSError(f"cannot write `{path}`: its links lead in a circle.") from None
    folder = target.parent
    if not folder.is_dir():
        raise FileNotFoundError(
            f"cannot write `{path}`: the folder `{folder}` does not exist. Make it first."
        )
    if target.is_dir():
        raise IsADirectoryError(f"cannot write `{path}`: it is a folder. Name a file in it.")
    if found and not target.is_file():
        raise FileExistsError(
            f"cannot write `{path}`: it is no ordinary file (a device, a pipe). Name another one."
        )
    if found and not os.access(target, os.W_OK):
        raise PermissionError(
            f"cannot write `{path}`: it may not be written to. Name another file."
        )
    if not os.access(folder, os.W_OK):
        raise PermissionError(
            f"cannot write `{path}`: its folder may not be written to. Choose another folder."
        )
    return target


@contextmanager
def replacement(path: Path) -> Iterator[Path]:
    """Give the path of a temporary file that takes the place of ``path`` once all went well.

    A link stays a link, and a file keeps its permissions.

    Raises `OSError` (what `check_place` says, or a full disk) and then leaves nothing behind.
    """
    target = check_place(path)
    _remove_abandoned(target.parent)
    try:
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=_prefix())
    except OSError as error:
        raise _sentence(path, error) from None
    temporary = Path(name)
    _in_use.add(temporary)
    try:
        os.close(descriptor)
        yield temporary
        os.chmod(temporary, _mode(target))  # mkstemp makes private files; this one is not
        os.replace(temporary, target)
    except OSError as error:
        is_ours = error.filename in (name, temporary) or (
            error.filename is None and error.errno in DISK
        )
        raise _sentence(path, error) if is_ours else error from None
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        _in_use.discard(temporary)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write ``content`` to ``path``: the old file, or the whole new one, never a part.

    Raises `OSError` as `replacement` does, and then leaves nothing behind.
    """
    with replacement(path) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give an empty folder for the time of the block, where the system keeps such folders.

    Raises `OSError` where none can be made.
    """
    place = Path(tempfile.gettempdir())
    _remove_abandoned(place)
    folder = Path(tempfile.mkdtemp(dir=place, prefix=_prefix()))
    _in_use.add(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _in_use.discard(folder)


def is_temporary(path: Path) -> bool:
    """Return whether a file has the name of one that is, or was, being written here."""
    return NAME.fullmatch(path.name) is not None


def _prefix() -> str:
    return f".proofhead-{_host()}-{os.getpid()}-"


def _host() -> str:
    return re.sub(r"[^0-9a-zA-Z]", "_", socket.gethostname())[:64] or "_"


def _mode(target: Path) -> int:
    """Return the permissions of a file, or those that a new one gets."""
    try:
        return target.stat().st_mode & 0o7777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _sentence(path: Path, error: OSError) -> OSError:
    reason = error.strerror or str(error)
    advice = " Make room, or name a file on another disk." if error.errno in DISK[:2] else ""
    return type(error)(f"cannot write `{path}`: {reason}.{advice}")


def _remove_abandoned(folder: Path) -> None:
    """Remove what killed runs left in a folder; what cannot be removed stays."""
    with suppress(OSError), os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.name.startswith(".proofhead-")]
        for path in (folder / name for name in names):
            if not _is_abandoned(path):
                continue
            with suppress(OSError):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()


def _is_abandoned(path: Path) -> bool:
    parts = NAME.fullmatch(path.name)
    if parts is None:
        return False
    if parts["host"] != _host():
        with suppress(OSError):
            return time.time() - path.lstat().st_mtime > FORGOTTEN
        return False
    process = int(parts["process"])
    if process == os.getpid():
        return path not in _in_use
    try:
        os.kill(process, 0)  # sends nothing
    except ProcessLookupError:
        return True
    except OSError:  # somebody else's
        return False
    return False

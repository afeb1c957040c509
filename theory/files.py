"""Writing files so that nobody ever sees half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["replacement", "write_atomically"]


@contextmanager
def replacement(path: Path) -> Iterator[Path]:
    """Give the path of a temporary file that takes the place of ``path`` once all went well.

    Raises `OSError` (missing folder, no permission, full disk) and then leaves nothing behind.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"cannot write `{path}`: the folder `{path.parent}` does not exist."
        )
    if path.is_dir():
        raise IsADirectoryError(f"cannot write `{path}`: it is a folder.")
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise type(error)(f"cannot write `{path}`: {error.strerror or error}.") from None
    os.close(descriptor)
    try:
        yield Path(temporary)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)  # mkstemp makes private files; this one is not
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write ``content`` to ``path``: the old file, or the whole new one, never a part.

    Raises `OSError` (missing folder, no permission, full disk) and then leaves nothing behind.
    """
    with replacement(path) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)

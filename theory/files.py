"""Writing files so that nobody ever sees half of one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

__all__ = ["write_atomically"]


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write ``content`` to ``path``: the old file, or the whole new one, never a part.

    Raises `OSError` (missing folder, no permission, full disk) and then leaves nothing behind.
    """
    data = content.encode() if isinstance(content, str) else content
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"cannot write `{path}`: the folder `{path.parent}` does not exist."
        )
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)  # mkstemp makes private files; this one is not
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise

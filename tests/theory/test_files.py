"""Files are written whole or not at all, and no end of a process leaves anything behind."""

import errno
import os
import signal
import subprocess
import sys
import time

import pytest

from theory.files import FORGOTTEN, check_place, replacement, scratch_folder, write_atomically


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_links_are_followed_and_permissions_kept(tmp_path):
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "a.txt"
    target.write_text("old")
    target.chmod(0o640)
    link = tmp_path / "link.txt"
    link.symlink_to(target)
    write_atomically(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o640
    later = tmp_path / "later.txt"
    later.symlink_to(tmp_path / "real" / "b.txt")
    write_atomically(later, b"made")
    assert (tmp_path / "real" / "b.txt").read_bytes() == b"made"
    assert names(tmp_path / "real") == ["a.txt", "b.txt"]


def test_places_where_no_file_can_be(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="the folder `.*none` does not exist. Make it"):
        check_place(tmp_path / "none" / "a.txt")
    with pytest.raises(IsADirectoryError, match="it is a folder. Name a file in it"):
        check_place(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", type(tmp_path)(os.devnull)):
        with pytest.raises(FileExistsError, match="no ordinary file .a device, a pipe."):
            write_atomically(place, "lost")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(OSError, match="cannot write `.*circle`: its links lead in a circle"):
        check_place(tmp_path / "circle")
    (tmp_path / "kept").write_text("old")
    monkeypatch.setattr(os, "access", lambda path, _: not str(path).endswith("kept"))
    with pytest.raises(PermissionError, match="it may not be written to. Name another file"):
        write_atomically(tmp_path / "kept", "new")
    monkeypatch.setattr(os, "access", lambda path, _: path != tmp_path)
    with pytest.raises(PermissionError, match="its folder may not be written to. Choose"):
        write_atomically(tmp_path / "kept", "new")
    assert (tmp_path / "kept").read_text() == "old"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_full_disk_is_a_sentence_and_leaves_the_old_file(tmp_path, code):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(OSError, match=rf"cannot write `.*a.txt`: {os.strerror(code)}"):
        with replacement(path) as temporary:
            temporary.write_text("half")
            raise OSError(code, os.strerror(code))
    assert names(tmp_path) == ["a.txt"]
    assert path.read_text() == "old"


def test_a_folder_that_vanishes_is_a_sentence(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(FileNotFoundError, match="cannot write `.*a.txt`: No such file"):
        with replacement(folder / "a.txt") as temporary:
            temporary.unlink()
            folder.rmdir()
    assert names(tmp_path) == []


def test_other_errors_pass_as_they_are(tmp_path):
    with pytest.raises(FileNotFoundError, match="elsewhere"):
        with replacement(tmp_path / "a.txt"):
            (tmp_path / "elsewhere").read_text()
    assert names(tmp_path) == []


KILLED = """
import sys, time
from contextlib import ExitStack
from pathlib import Path
from theory.files import replacement, scratch_folder
with replacement(Path(sys.argv[1])) as path, scratch_folder() as folder:
    (folder / "x").write_text("half")
    print("ready", flush=True)
    time.sleep(100)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_the_next_run_removes_what_a_killed_one_left(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    command = [sys.executable, "-c", KILLED, str(tmp_path / "a.txt")]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        try:
            assert process.stdout.readline() == b"ready\n"
            write_atomically(tmp_path / "b.txt", "mine")
            assert len(names(tmp_path)) == 3  # of those who live nothing is taken
        finally:
            process.send_signal(signal.SIGKILL)
    assert len(names(tmp_path)) == 3
    with scratch_folder() as folder:
        assert names(tmp_path) == sorted([folder.name, "b.txt"])
    assert names(tmp_path) == ["b.txt"]


def test_what_other_machines_left_goes_after_a_day_and_nothing_of_others(tmp_path):
    forgotten = tmp_path / ".proofhead-elsewhere-1-abcdef"
    others = [tmp_path / ".proofhead-notes", tmp_path / ".proofhead-elsewhere-2-abcdef"]
    for path in (forgotten, *others):
        path.write_text("x")
    before = time.time() - FORGOTTEN - 60
    for path in (forgotten, others[0]):
        os.utime(path, (before, before))
    write_atomically(tmp_path / "a.txt", "mine")
    assert names(tmp_path) == sorted(["a.txt", *(path.name for path in others)])


def test_a_restarted_machine_may_give_the_same_process_number(tmp_path):
    with replacement(tmp_path / "a.txt") as first:
        stale = first.with_name(first.name + "x")
        stale.write_text("of an earlier process with our number")
        write_atomically(tmp_path / "b.txt", "mine")
        assert first.exists()
        assert not stale.exists()

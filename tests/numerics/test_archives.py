"""Files that know whether they are what was written."""

import numpy as np
import pytest

from numerics import archives
from numerics.archives import Damaged, packed, read, unpacked, write

ARRAYS = {"a": np.arange(3), "b": 2.5, "words": np.array(["one", "three"])}


def test_what_is_written_is_read(tmp_path):
    write(tmp_path / "x", ARRAYS)
    found = read(tmp_path / "x")
    assert list(found) == list(ARRAYS)
    assert found["a"].tolist() == [0, 1, 2] and float(found["b"]) == 2.5
    assert found["words"].tolist() == ["one", "three"]
    assert [x.name for x in tmp_path.iterdir()] == ["x"]


def test_equal_arrays_are_equal_bytes():
    assert packed(ARRAYS) == packed({k: np.array(v) for k, v in ARRAYS.items()})
    assert packed({"a": np.arange(3)}) != packed({"a": np.arange(3.0)})


def test_every_flipped_bit_is_noticed():
    data = packed({"a": np.arange(3)})
    for place in range(len(data)):
        spoiled = bytearray(data)
        spoiled[place] ^= 1
        with pytest.raises(Damaged, match="`x` is damaged: its checksum differs"):
            unpacked(bytes(spoiled), "x")


@pytest.mark.parametrize("cut", [0, 10, 64, 65, 100, -1])
def test_a_part_of_a_file_is_noticed(tmp_path, cut):
    (tmp_path / "x").write_bytes(packed(ARRAYS)[:cut])
    with pytest.raises(Damaged, match="x` is damaged"):
        read(tmp_path / "x")


def test_objects_are_refused():
    with pytest.raises(ValueError, match="allow_pickle"):
        unpacked(archives.packed({"a": np.array([{}], dtype=object)}), "x")

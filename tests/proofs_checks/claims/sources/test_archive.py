"""Archives: what arXiv serves, and what nobody honest would."""

import gzip
import io
import stat
import tarfile
import zipfile
import zlib

import pytest

from proofs_checks.claims.documents import read_document
from proofs_checks.claims.sources import archive, files
from proofs_checks.claims.sources.archive import is_archive, members_of
from proofs_checks.claims.sources.bundle import Bundle, SourceError
from proofs_checks.claims.sources.opening import documents_at

PAPER = {
    "main.tex": b"\\documentclass{article}\\begin{document}\\input{s/a}\\end{document}",
    "s/a.tex": b"\n\\[ x = y \\]\n",
    "figure.pdf": b"%PDF-1.5",
}


def tar(members, mode="w"):
    """Return a tar; a value that is a TarInfo is put in as it is."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode=mode) as packed:
        for name, value in members.items():
            if isinstance(value, tarfile.TarInfo):
                packed.addfile(value)
                continue
            info = tarfile.TarInfo(name)
            info.size = len(value)
            packed.addfile(info, io.BytesIO(value))
    return held.getvalue()


def zipped(members):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, value in members.items():
            packed.writestr(name, value)
    return held.getvalue()


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.fixture
def documents(tmp_path):
    def documents(name, data):
        path = tmp_path / name
        path.write_bytes(data)
        return {d.name.removeprefix(f"{tmp_path}/"): d.read() for d in documents_at(str(path))}

    return documents


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("paper.tar", tar(PAPER)),
        ("paper.tar.gz", tar(PAPER, "w:gz")),
        ("paper.tgz", tar(PAPER, "w:gz")),
        ("2501.01234", tar(PAPER, "w:gz")),  # as arXiv names it
        ("paper.zip", zipped(PAPER)),
    ],
    ids=["tar", "tar.gz", "tgz", "arxiv", "zip"],
)
def test_a_paper_in_an_archive(documents, tmp_path, name, data):
    ((found, bundle),) = documents(name, data).items()
    assert found == f"{name}/main.tex"
    assert isinstance(bundle, Bundle)
    (equation,) = read_document(bundle).equations
    assert bundle.source.file_of(equation.span.start) == "s/a.tex"
    assert (equation.line, equation.source) == (2, "x = y")
    assert [p.name for p in tmp_path.iterdir()] == [name]  # nothing is unpacked


def test_a_paper_in_a_folder_of_an_archive(documents):
    data = tar({f"paper/{name}": text for name, text in PAPER.items()}, "w:gz")
    ((found, bundle),) = documents("p.tar.gz", data).items()
    assert found == "p.tar.gz/paper/main.tex"
    assert isinstance(bundle, Bundle)
    assert bundle.files == ("s/a.tex",)


@pytest.mark.parametrize("name", ["2501.01234.gz", "2501.01234", "paper.tex.gz"])
def test_one_compressed_file(documents, name):
    text = b"\\documentclass{article}\\begin{document}\\[ x = y \\]\\end{document}"
    ((found, bundle),) = documents(name, gzip.compress(text)).items()
    assert found == name
    assert isinstance(bundle, Bundle)
    assert [e.line for e in read_document(bundle).equations] == [1]


def test_one_compressed_file_of_another_kind(documents):
    assert documents("a.md.gz", gzip.compress(b"$$ x = y $$")) == {"a.md.gz": b"$$ x = y $$"}
    with pytest.raises(SourceError, match="`a` is a PDF; what is read is the source"):
        documents("a.gz", gzip.compress(b"%PDF-1.4"))


def test_gzip_streams_that_follow_one_another():
    data = gzip.compress(b"a") + b"\0" * 100_000 + gzip.compress(b"b" * 100_000) + b"\0" * 10
    assert members_of(data).read("document.tex") == b"a" + b"b" * 100_000


# -- names, links, devices ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["../x.tex", "/etc/x.tex", "a/../../x.tex", "..\\x.tex", "C:\\x.tex"]
)
@pytest.mark.parametrize("pack", [tar, zipped])
def test_a_name_that_leads_out_refuses_the_archive(name, pack):
    with pytest.raises(SourceError, match="which leads out of it: not read"):
        members_of(pack({"main.tex": b"x", name: b"x"}))


def test_a_folder_that_leads_out_refuses_the_archive():
    with pytest.raises(SourceError, match=r"a member `\.\./x`, which leads out"):
        members_of(tar({"main.tex": b"x", "../x": special("../x", tarfile.DIRTYPE)}))


def test_a_zero_byte_in_a_name():
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.PAX_FORMAT) as packed:
        info = tarfile.TarInfo("main.tex")
        info.pax_headers = {"path": "mai\0.tex"}
        packed.addfile(info, io.BytesIO(b""))
    with pytest.raises(SourceError, match="a member with a zero byte in its name"):
        members_of(held.getvalue())


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (tarfile.SYMTYPE, "is a link in the archive"),
        (tarfile.LNKTYPE, "is a link in the archive"),
        (tarfile.CHRTYPE, "is a device or a pipe in the archive"),
        (tarfile.BLKTYPE, "is a device or a pipe in the archive"),
        (tarfile.FIFOTYPE, "is a device or a pipe in the archive"),
    ],
)
def test_links_and_devices_are_named_where_they_are_used(documents, kind, why):
    members = {
        "main.tex": b"\\documentclass{a}\\begin{document}\\input{a}\\[ x = y \\]\\end{document}",
        "a.tex": special("a.tex", kind, "/etc/passwd"),
    }
    (bundle,) = documents("p.tar.gz", tar(members, "w:gz")).values()
    assert isinstance(bundle, Bundle)
    assert [r.message for r in bundle.refusals] == [f"`a.tex` {why}: not read"]
    assert len(read_document(bundle).equations) == 1


@pytest.mark.parametrize(
    ("kind", "why"),
    [(stat.S_IFLNK, "is a link"), (stat.S_IFCHR, "is a device or a pipe")],
)
def test_links_and_devices_in_a_zip(kind, why):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        packed.writestr("main.tex", "x")
        info = zipfile.ZipInfo("a.tex")
        info.external_attr = (kind | 0o777) << 16
        packed.writestr(info, "/etc/passwd")
    members = members_of(held.getvalue())
    assert (members.names(), members.has("a.tex")) == (["main.tex"], True)
    with pytest.raises(SourceError, match=f"`a.tex` {why} in the archive: not read"):
        members.read("a.tex")
    with pytest.raises(SourceError, match="`gone.tex` is not in the archive"):
        members.read("gone.tex")


def test_a_sparse_file_is_not_read():
    info = tarfile.TarInfo("big.tex")
    info.type = tarfile.GNUTYPE_SPARSE
    members = members_of(tar({"main.tex": b"x", "big.tex": info}))
    assert members.names() == ["main.tex"]
    with pytest.raises(SourceError, match="`big.tex` is a sparse file in the archive: not read"):
        members.read("big.tex")


# -- bombs --------------------------------------------------------------------------------------


def test_a_gzip_bomb():
    data = gzip.compress(b" " * 50_000_000)
    assert len(data) < 100_000
    with pytest.raises(SourceError, match="the compressed file has more than 8388608 bytes"):
        members_of(data)
    with pytest.raises(SourceError, match="decompresses to more than 200 times its size"):
        members_of(tar({"main.tex": b"x", "big.pdf": b" " * 50_000_000}, "w:gz"))


def test_a_zip_bomb():
    members = {f"{n}.tex": b" " * 8_000_000 for n in range(3)}
    with pytest.raises(SourceError, match="decompresses to more than 200 times its size"):
        members_of(zipped(members))


def test_a_zip_that_lies_about_sizes():
    data = bytearray(zipped({"main.tex": b" " * 20_000_000}))
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")  # the size that the directory tells
    with pytest.raises(SourceError, match="the archive is damaged"):
        members_of(bytes(data))


def test_the_limits(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(archive, "MEMBERS", 3)
        with pytest.raises(SourceError, match="the archive has more than 3 members"):
            members_of(zipped({f"{n}.tex": b"x" for n in range(4)}))
        with pytest.raises(SourceError, match="the archive has more than 3 members"):
            members_of(zipped({f"{n}.tex": b"x" for n in range(7)}))
        with pytest.raises(SourceError, match="the archive has more than 3 compressed parts"):
            members_of(gzip.compress(b"x") * 4)
    with monkeypatch.context() as patch:
        patch.setattr(archive, "TEXT_BYTES", 5)
        with pytest.raises(SourceError, match="the archive has more than 5 bytes of text"):
            members_of(zipped({"a.tex": b"xxx", "b.tex": b"xxx"}))
    with monkeypatch.context() as patch:
        patch.setattr(archive, "TOTAL_BYTES", 1000)
        with pytest.raises(SourceError, match="the archive decompresses to more than 1000 bytes"):
            members_of(gzip.compress(b"x" * 1001))
    with monkeypatch.context() as patch:
        patch.setattr(archive, "ARCHIVE_BYTES", 10)
        with pytest.raises(SourceError, match="the archive has .* bytes; at most 10 are read"):
            members_of(zipped(PAPER))
    with monkeypatch.context() as patch:
        patch.setattr(archive, "FILE_BYTES", 4)
        members = members_of(zipped({"a.tex": b"xxxxx", "b.tex": b"xxxx"}))
        assert members.names() == ["b.tex"]
        with pytest.raises(SourceError, match="`a.tex` has more than 4 bytes: not read"):
            members.read("a.tex")
        with pytest.raises(SourceError, match="the compressed file has more than 4 bytes"):
            members_of(gzip.compress(b"xxxxx"))
    assert files.FILE_BYTES == archive.FILE_BYTES


def test_an_archive_in_an_archive(documents):
    inner = tar(PAPER, "w:gz")
    with pytest.raises(SourceError, match="the archive holds another archive; unpack it first"):
        members_of(gzip.compress(inner))
    with pytest.raises(SourceError, match=r"holds no TeX, Markdown or notebook \(it has a\.tar"):
        documents("b.zip", zipped({"a.tar.gz": inner}))


# -- what is none ---------------------------------------------------------------------------------


def test_empty_archives():
    for data in (tar({}), tar({}, "w:gz"), zipped({}), gzip.compress(b"")):
        assert is_archive(data)
        with pytest.raises(SourceError, match="the archive holds nothing"):
            members_of(data)


def test_an_archive_without_documents(documents):
    with pytest.raises(SourceError, match=r"no TeX, Markdown or notebook \(it has a.pdf, b.png\)"):
        documents("p.zip", zipped({"a.pdf": b"x", "b.png": b"x"}))
    with pytest.raises(SourceError, match="it holds no document"):
        documents("p.zip", zipped({"a.sty": b"x"}))


@pytest.mark.parametrize(
    "data",
    [
        tar(PAPER, "w:gz")[:100],
        tar(PAPER, "w:gz")[:-30],
        b"\x1f\x8b" + b"x" * 100,
        zipped(PAPER)[:-30],
        b"PK\x03\x04" + b"x" * 100,
        tar(PAPER)[:700],
        b"\0" * 257 + b"ustar" + b"\0" * 300,
    ],
    ids=range(7),
)
def test_damaged_archives(data):
    with pytest.raises(SourceError, match="the archive (is damaged|cannot be read|holds nothing)"):
        members_of(data)


def test_an_encrypted_zip():
    data = bytearray(zipped({"main.tex": b"x"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(SourceError, match="the archive is encrypted; decrypt it first"):
        members_of(bytes(data))


def test_a_compression_that_is_not_known():
    data = bytearray(zipped({"main.tex": b"x"}))
    for at in (8, data.index(b"PK\x01\x02") + 10):
        data[at : at + 2] = (99).to_bytes(2, "little")
    with pytest.raises(SourceError, match="the archive cannot be read: .*compression"):
        members_of(bytes(data))


def test_reading_takes_time_in_proportion_to_the_archive():
    """A stream that hardly compresses is not copied at every step (64 MB would take minutes)."""
    state = zlib.compressobj(0, zlib.DEFLATED, 31)
    data = state.compress(b"x" * 64_000_000) + state.flush()
    with pytest.raises(SourceError, match="the compressed file has more than"):
        members_of(data)

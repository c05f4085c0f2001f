"""Inputs are opened by content: plain, packed, several members, archives; what is cut says so."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

from errnorm.batch import inputs
from errnorm.batch.inputs import Input, Member, expand, members

DATA = os.urandom(150_000) + b"<ApiErrors/>" * 30_000
PACKERS = {"gzip": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


def pack(name: str, data: bytes) -> bytes:
    """Pack bytes; zstd only where its library is there."""
    if name == "zstd":
        return pytest.importorskip("backports.zstd", reason="zstd comes with errnorm[batch]").compress(data)
    return PACKERS[name](data)


def read_all(path: Path) -> list[tuple[str | None, bytes, str | None]]:
    """Give name, bytes and error of every member, read in pieces."""
    found = []
    for member in members(Input(str(path))):
        data = b""
        while more := member.read(70_001):
            data += more
        found.append((member.name, data, member.error))
    return found


@pytest.mark.parametrize("packing", ["gzip", "bz2", "xz", "zstd"])
def test_packed_input_is_unpacked_by_its_first_bytes(tmp_path: Path, packing: str):
    """Several packed members one after another are one text, whatever the file is called."""
    path = tmp_path / "captures.txt"
    path.write_bytes(pack(packing, DATA) + pack(packing, b"second"))

    assert read_all(path) == [(None, DATA + b"second", None)]


@pytest.mark.parametrize("packing", ["gzip", "bz2", "xz", "zstd"])
def test_cut_input_gives_its_beginning_and_an_error(tmp_path: Path, packing: str):
    """What stands before the cut is read, and the input says that it ends too early."""
    packed = pack(packing, DATA)
    for keep in (len(packed) - 1, len(packed) // 2, 30):
        path = tmp_path / f"{keep}.log"
        path.write_bytes(packed[:keep])
        ((_, data, error),) = read_all(path)

        assert DATA.startswith(data)
        assert "could not be read to its end" in (error or "")
    assert len(data) < 100 or packing == "xz"


LINES = b"".join(b'{"status":503,"url":"/finesse/api/User/%d"}\n' % number for number in range(900))


@pytest.mark.parametrize("without", [None, "isal.igzip_lib"], ids=["isal", "zlib"])
def test_a_short_gzip_that_is_cut_gives_all_that_stands_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without: str | None
):
    """As `zcat` does: not only what fills a buffer."""
    if without:
        monkeypatch.setitem(sys.modules, without, None)
    path, packed = tmp_path / "a.gz", gzip.compress(LINES)
    path.write_bytes(packed[:-20])
    ((_, data, error),) = read_all(path)
    path.write_bytes(packed + gzip.compress(LINES))
    ((_, twice, none),) = read_all(path)

    # isal keeps the last byte to itself.
    assert data in {(whole := zlib.decompressobj(wbits=31).decompress(packed[:-20])), whole[:-1]}
    assert error == (
        "It could not be read to its end: Compressed file ended before the end-of-stream marker was reached. "
        "What comes before that was read."
    )
    assert (twice, none) == (LINES * 2, None)


@pytest.mark.parametrize("packing", ["gzip", "bz2", "xz", "zstd"])
def test_what_stands_before_something_else_is_read_whole(tmp_path: Path, packing: str):
    """Behind the packed lines stands what is not packed: the lines are read, and the end is told."""
    path = tmp_path / "a.packed"
    path.write_bytes(pack(packing, LINES) + b"trailing garbage")
    ((_, data, error),) = read_all(path)

    assert data == LINES
    assert (error or "").startswith("It could not be read to its end: ")


@pytest.mark.parametrize("packing", ["gzip", "bz2", "xz"])
def test_what_has_a_wrong_checksum_is_read_whole(tmp_path: Path, packing: str):
    """It is found out when all has been unpacked, and told; the bytes are those that were packed."""
    path, packed = tmp_path / "a.packed", bytearray(pack(packing, LINES))
    packed[-6] ^= 1
    path.write_bytes(packed)
    ((_, data, error),) = read_all(path)

    assert data == LINES
    assert (error or "").startswith("It could not be read to its end: ")


def test_what_is_packed_twice_and_cut_is_read_to_the_cut(tmp_path: Path):
    """What the outer packing gave is unpacked to its last byte, and then the end is told."""
    path, outer, inner = tmp_path / "a.gz", pack("gzip", pack("gzip", LINES)), zlib.decompressobj(wbits=31)
    path.write_bytes(outer[: len(outer) * 3 // 4])
    ((_, data, error),) = read_all(path)
    packed = zlib.decompressobj(wbits=31).decompress(path.read_bytes())

    assert data == inner.decompress(packed)
    assert (error or "").startswith("It could not be read to its end: ")


def test_a_cut_archive_in_a_packing_tells_it_once(tmp_path: Path):
    """One sentence, not a sentence in a sentence."""
    packed, path = io.BytesIO(), tmp_path / "a.tgz"
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        info = tarfile.TarInfo("one.log")
        info.size = len(DATA)
        archive.addfile(info, io.BytesIO(DATA))
    path.write_bytes(packed.getvalue()[:100_000])
    told = [error for _, _, error in read_all(path) if error]

    assert {error.count("could not be read") for error in told} == {1}


def tar_of(*texts: bytes) -> bytes:
    """Give an archive of files 0, 1, 2, …, each with a text."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for number, text in enumerate(texts):
            info = tarfile.TarInfo(str(number))
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    return packed.getvalue()


CUT_TAR = "It ends in the middle of the archive. What comes before that was read."


@pytest.mark.parametrize("keep", [700, 1023, 1024, 1300, 1536, 2000, 2048, 2600, 3583, 3584])
def test_a_tar_that_is_cut_gives_every_byte_that_stands_in_it(tmp_path: Path, keep: int):
    """Cut in a file, in a header or between two files: nothing before is lost, and the end is told once."""
    texts = [b"one\n" * 100, b"two\n" * 250, b"three\n" * 80]
    path = tmp_path / "a.tar"
    path.write_bytes(tar_of(*texts)[:keep])
    found = read_all(path)
    starts = (512, 1536, 3072)
    left = [text[: max(0, keep - start)] for text, start in zip(texts, starts, strict=True)]

    assert [data for _, data, _ in found if data] == [text for text in left if text]
    assert [error for _, _, error in found if error] == [CUT_TAR]


def test_a_tar_in_a_cut_packing_is_read_up_to_the_cut(tmp_path: Path):
    """What can be unpacked of the last file is read, as `tar xzO` would print it."""
    packed, path = gzip.compress(tar_of(LINES, DATA)), tmp_path / "a.tgz"
    path.write_bytes(packed[:60_000])
    (_, first, _), (_, second, error) = read_all(path)
    whole = zlib.decompressobj(wbits=31).decompress(packed[:60_000])

    start = 1024 + len(LINES) + -len(LINES) % 512

    assert first == LINES
    assert second in {whole[start:], whole[start:-1]}  # isal keeps the last byte to itself
    assert len(second) > 10_000
    assert "before the end-of-stream marker" in (error or "")


def test_behind_a_damaged_header_of_a_tar_the_next_files_are_read(tmp_path: Path):
    """The file whose header it is has no name and no length any more; that is told."""
    data, path = bytearray(tar_of(b"one", b"two", b"three")), tmp_path / "a.tar"
    data[1024 + 150] ^= 1  # in the checksum of the second header
    path.write_bytes(data)

    assert read_all(path) == [
        ("0", b"one", None),
        ("2", b"three", None),
        (None, b"", "A header of the archive is damaged. What was found before and behind it was read."),
    ]


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_a_long_name_before_a_damaged_header_costs_its_own_file(tmp_path: Path, form: int):
    """The header behind a pax header or a long name is damaged: the next file is found all the same."""
    packed, path = io.BytesIO(), tmp_path / "a.tar"
    with tarfile.open(fileobj=packed, mode="w", format=form) as archive:
        for name in ("one" * 60, "two" * 60, "three" * 60):
            info = tarfile.TarInfo(name)
            info.size = 3
            archive.addfile(info, io.BytesIO(b"log"))
    data = bytearray(packed.getvalue())
    second = [place for place in range(0, len(data), 512) if data[place : place + 3] == b"two"][-1]
    data[second + 150] ^= 1
    path.write_bytes(data)
    found = read_all(path)

    assert [(name, text) for name, text, _ in found if name] == [("one" * 60, b"log"), ("three" * 60, b"log")]
    assert "is damaged" in (found[-1][2] or "")


@pytest.mark.parametrize("size", [8 << 30, 1 << 50])
def test_a_header_that_asks_for_more_than_there_is_ends_soon(tmp_path: Path, size: int):
    """What is missing is not made up to its end."""
    info, path = tarfile.TarInfo("0"), tmp_path / "a.tar"
    info.size = size
    path.write_bytes(info.tobuf(tarfile.GNU_FORMAT) + b"log")

    assert read_all(path) == [("0", b"log", CUT_TAR)]


def test_a_cut_sparse_file_gives_what_is_there_of_it(tmp_path: Path):
    """Its holes are no bytes of the archive (GNU, pax 1.0)."""
    pax = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9000"}
    info, path, packed = tarfile.TarInfo("sparse"), tmp_path / "a.tar", io.BytesIO()
    blocks = b"2\n0\n600\n8000\n1000\n".ljust(512, b"\0") + b"a" * 600 + b"b" * 1000
    info.size, info.pax_headers = len(blocks), pax
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(blocks))
    data, whole = packed.getvalue(), b"a" * 600 + bytes(7400) + b"b" * 1000
    start = data.index(b"a" * 600)
    for keep in (100, 600, 900, 1600):
        path.write_bytes(data[: start + keep])
        (found, *_) = read_all(path)

        assert found[1] == (whole[:keep] if keep < 600 else whole[: 8000 + keep - 600])


def test_a_header_whose_numbers_are_none_is_an_error(tmp_path: Path):
    """No exception goes through."""
    packed, path = io.BytesIO(), tmp_path / "a.tar"
    info = tarfile.TarInfo("x")
    info.pax_headers = {"GNU.sparse.map": "1,x"}
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info)
    path.write_bytes(packed.getvalue())
    ((_, data, error),) = read_all(path)

    assert (data, "is damaged" in (error or "")) == (b"", True)


def test_several_tars_one_behind_the_other_are_read(tmp_path: Path):
    """As `cat a.tgz b.tgz` makes them: the end mark of the first one is not the end."""
    path = tmp_path / "a.tgz"
    path.write_bytes(gzip.compress(tar_of(b"one")) + gzip.compress(tar_of(b"two")))

    assert read_all(path) == [("0", b"one", None), ("0", b"two", None)]


def test_xz_may_be_padded(tmp_path: Path):
    """Zeros may stand between two streams of xz, and behind the last."""
    path = tmp_path / "a.xz"
    path.write_bytes(lzma.compress(b"one ") + b"\0" * 100_000 + lzma.compress(b"two") + b"\0" * 8)

    assert read_all(path) == [(None, b"one two", None)]


def test_xz_that_asks_for_much_memory_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Its header says how much memory unpacking takes: more than the bound is refused, not taken."""
    path = tmp_path / "a.xz"
    path.write_bytes(lzma.compress(DATA, preset=6))
    monkeypatch.setattr(inputs, "_XZ_BYTES", 1 << 20)
    ((_, data, error),) = read_all(path)

    assert (data, "Memory usage limit" in (error or "")) == (b"", True)


def test_packings_may_be_nested(tmp_path: Path):
    """A file packed twice is unpacked twice."""
    path = tmp_path / "a"
    path.write_bytes(gzip.compress(bz2.compress(DATA)))

    assert read_all(path) == [(None, DATA, None)]


def test_archive_gives_its_members(tmp_path: Path):
    """The files of a tar or zip archive are read one by one, packed ones unpacked."""
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as archive:
        for name, data in (("one.log", b"1"), ("two.gz", gzip.compress(DATA))):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("one.log", b"1")
        archive.writestr("two.gz", gzip.compress(DATA))

    for name in ("a.tgz", "a.zip"):
        assert read_all(tmp_path / name) == [("one.log", b"1", None), ("two.gz", DATA, None)]


def test_a_member_of_an_archive_in_an_archive_has_both_names(tmp_path: Path):
    """The nodes of a cluster have logs of one name, each in an archive of its own."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as node:
        info = tarfile.TarInfo("app.log")
        info.size = 1
        node.addfile(info, io.BytesIO(b"1"))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("node1.tgz", packed.getvalue())
        archive.writestr("node2.tgz", packed.getvalue())

    assert read_all(tmp_path / "a.zip") == [(f"node{n}.tgz/app.log", b"1", None) for n in (1, 2)]


@pytest.mark.parametrize(
    ("local", "central", "value", "why"),
    [(8, 10, 99, "compression method is not supported"), (6, 8, 1, "encrypted")],
    ids=["a method that zipfile has not", "a password"],
)
def test_member_that_cannot_be_unpacked_is_an_error(
    tmp_path: Path, local: int, central: int, value: int, why: str
):
    """A locked member, or one packed in an unknown way, has a sentence; the others are read."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one.log", b"1")
        archive.writestr("two.log", b"2")
    data = bytearray(
        path.read_bytes()
    )  # the method and the flags stand twice: APPNOTE, sections 4.3.7 and 4.3.12
    for mark, place in ((b"PK\x03\x04", local), (b"PK\x01\x02", central)):
        data[data.index(mark) + place] = value
    path.write_bytes(data)
    (name, _, error), other = read_all(path)

    assert (name, other) == ("one.log", ("two.log", b"2", None))
    assert why in (error or "")
    assert (error or "").endswith("Unpack it, and give the file.")


def test_missing_file_is_an_error_and_no_exception(tmp_path: Path):
    """An input that cannot be opened has no bytes and a sentence."""
    ((_, data, error),) = read_all(tmp_path / "gone.log")

    assert data == b""
    assert (error or "").startswith("It could not be opened: No such file")


def test_a_file_is_read_once_however_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A path, another spelling of it, and a link to it beside it lead to one file."""
    path = tmp_path / "app.log"
    path.write_bytes(DATA)
    (tmp_path / "latest.log").symlink_to(path)
    monkeypatch.chdir(tmp_path)

    assert [found.name for found in expand(["./app.log", path, tmp_path, "latest.log"])] == ["./app.log"]
    assert [found.name for found in expand(["gone.log", "./gone.log"])] == ["gone.log"]


def test_inputs_are_expanded_in_order(tmp_path: Path):
    """Folders and patterns give their files by name, each file once, and a missing name stays."""
    for name in ("b.log", "a.log", "sub/c.log"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * 3)
    found = expand([tmp_path / "b.log", tmp_path, tmp_path / "*.txt", "-"])

    assert [Path(item.name).name for item in found] == ["b.log", "a.log", "c.log", "*.txt", "-"]
    assert [item.size for item in found] == [3, 3, 3, 0, 0]


def test_bytes_on_disk_are_counted(tmp_path: Path):
    """Progress counts what was read of the file, not what came out of it."""
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"x" * 1_000_000))
    counts: list[int] = []
    for member in members(Input(str(path)), counts.append):
        while member.read(100_000):
            pass

    assert sum(counts) == path.stat().st_size


@pytest.mark.parametrize("sizes", [[100_000] * 9, [10] * 500], ids=["large", "small"])
def test_bytes_of_a_zip_are_counted_once(tmp_path: Path, sizes: list[int]):
    """Its list of members is read first, at its end, and each member from a little before it."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number, size in enumerate(sizes):
            archive.writestr(f"{number}.log", os.urandom(size))
    counts: list[int] = []
    done = []
    for member in members(Input(str(path)), counts.append):
        assert len(member.read()) == sizes[0]
        done.append(sum(counts))

    assert done == sorted(done)
    assert done[len(done) // 2] <= path.stat().st_size * 0.6 + inputs.HEAD_BYTES * 2
    assert path.stat().st_size - inputs.HEAD_BYTES <= sum(counts) <= path.stat().st_size


def test_head_is_read_again():
    """Looking at the head takes nothing away."""
    member = Member(None, b"head", file=io.BufferedReader(io.BytesIO(b" and rest")))  # type: ignore[arg-type]

    assert [member.read(3), member.read(3), member.read()] == [b"hea", b"d a", b"nd rest"]

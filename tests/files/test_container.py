from __future__ import annotations

import gzip
import io
import random
import stat
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runsous.errors import InputError, TooLarge
from runsous.files.container import (
    Limits,
    Member,
    head,
    is_gzip,
    is_zip,
    members,
    read_whole,
)

MIB = 1 << 20
SMALL = Limits(member_bytes=MIB, archive_bytes=3 * MIB, archive_members=50)
CONTENT = b"<gpx>" + bytes(range(256)) * 40 + b"</gpx>"


def zipped(
    *files: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "upload"


def stored(file: Path, content: bytes) -> Path:
    file.write_bytes(content)
    return file


def listed(file: Path, content: bytes, limits: Limits = SMALL) -> list[Member]:
    return list(members(stored(file, content), limits))


def peak(act: object) -> int:
    tracemalloc.start()
    try:
        act()  # type: ignore[operator]
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return most


# Plain files and gzip


def test_archives_are_known_by_their_first_bytes() -> None:
    assert is_zip(zipped(("a", b"b")))
    assert is_zip(zipped())
    assert is_gzip(gzip.compress(b""))
    assert not any(map(is_zip, [b"", b"PK", b"<gpx/>", gzip.compress(b"")]))
    assert not any(map(is_gzip, [b"", b"\x1f", zipped()]))


def test_a_plain_file_is_itself(file: Path) -> None:
    assert read_whole(stored(file, CONTENT), SMALL) == (CONTENT, ())
    assert read_whole(stored(file, b""), SMALL) == (b"", ())
    assert head(stored(file, CONTENT), 10) == CONTENT[:10]
    assert head(file) == CONTENT


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(CONTENT),
        gzip.compress(gzip.compress(CONTENT)),
        gzip.compress(CONTENT[:99]) + gzip.compress(b"") + gzip.compress(CONTENT[99:]),
        gzip.compress(CONTENT) + bytes(512),
        gzip.compress(CONTENT) + b"trailing words",
    ],
)
def test_gzip_is_undone(file: Path, packed: bytes) -> None:
    assert read_whole(stored(file, packed), SMALL) == (CONTENT, ())
    assert head(file, 100) == CONTENT[:100]


@given(cut=st.integers(min_value=0, max_value=3_000))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_gzip_that_is_cut_off_gives_a_beginning_and_says_so(file: Path, cut: int) -> None:
    content = random.Random(1).randbytes(3_000)
    packed = gzip.compress(content)[:cut]
    try:
        begin, notes = read_whole(stored(file, packed), SMALL)
    except InputError:
        assert cut < 64
        return
    if cut >= 2:
        assert content.startswith(begin)
        assert len(begin) > cut - 100
        assert any("cut off" in note for note in notes)


def test_gzip_with_a_wrong_checksum_keeps_what_it_can_and_says_so(file: Path) -> None:
    content = random.Random(2).randbytes(20_000)
    packed = bytearray(gzip.compress(content))
    packed[-6] ^= 1
    begin, notes = read_whole(stored(file, bytes(packed)), SMALL)
    assert content.startswith(begin)
    assert len(begin) > 18_000
    assert notes


def test_gzip_of_which_nothing_is_left_is_refused(file: Path) -> None:
    with pytest.raises(InputError, match="damaged"):
        read_whole(stored(file, b"\x1f\x8b\x08" + bytes(7) + b"\xff" * 40), SMALL)
    assert head(file) == b""


def test_a_file_at_the_limit_passes_and_one_beyond_names_the_setting(file: Path) -> None:
    assert len(read_whole(stored(file, bytes(MIB)), SMALL)[0]) == MIB
    for content in (bytes(MIB + 1), gzip.compress(random.Random(3).randbytes(MIB + 1))):
        with pytest.raises(TooLarge, match="RUNSOUS_MAX_FILE_MB"):
            read_whole(stored(file, content), SMALL)


def test_gigabytes_of_zeros_are_neither_read_nor_unpacked(file: Path) -> None:
    with file.open("wb") as zeros:
        zeros.truncate(2 << 30)
    assert peak(lambda: head(file)) < MIB

    def read() -> None:
        with pytest.raises(TooLarge):
            read_whole(file, Limits())

    assert peak(read) < MIB


def test_a_gzip_bomb_stops_at_the_limit_and_at_the_ratio(file: Path) -> None:
    bomb = gzip.compress(bytes(64 * MIB))
    stored(file, bomb)

    def read() -> None:
        with pytest.raises(TooLarge, match="RUNSOUS_MAX_FILE_MB"):
            read_whole(file, SMALL)

    assert peak(read) < 3 * MIB
    with pytest.raises(InputError, match="200 times"):
        read_whole(file, Limits())
    assert peak(lambda: head(file)) < MIB


def test_a_bomb_in_a_bomb_stops_as_well(file: Path) -> None:
    stored(file, gzip.compress(gzip.compress(bytes(64 * MIB))))
    with pytest.raises(InputError):
        read_whole(file, Limits())


def test_endless_empty_gzip_streams_end(file: Path) -> None:
    stored(file, gzip.compress(b"") * 60_000)
    assert head(file) == b""
    assert read_whole(file, Limits(member_bytes=4 * MIB)) == (b"", ())


# ZIP archives


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_are_read_by_name_and_size(file: Path, method: int) -> None:
    archive = zipped(("activities/1.gpx", CONTENT), ("a.csv", b"x,y"), ("b", b""), method=method)
    found = listed(file, archive)
    assert [(m.name, m.size) for m in found] == [
        ("activities/1.gpx", len(CONTENT)),
        ("a.csv", 3),
        ("b", 0),
    ]
    assert [m.read() for m in found] == [(CONTENT, ()), (b"x,y", ()), (b"", ())]


def test_gzipped_members_are_unpacked_by_content_not_by_name(file: Path) -> None:
    packed = gzip.compress(CONTENT)
    archive = zipped(
        ("1.fit.gz", packed), ("2.fit", packed), ("3.gz", CONTENT), ("4.gz", packed[:-9])
    )
    found = [m.read() for m in listed(file, archive)]
    assert found[:3] == [(CONTENT, ())] * 3
    assert CONTENT.startswith(found[3][0])
    assert any("cut off" in note for note in found[3][1])


def test_an_archive_behind_other_bytes_is_read(file: Path) -> None:
    (member,) = listed(file, b"#!/bin/sh\n" * 9 + zipped(("a", CONTENT)))
    assert member.read()[0] == CONTENT


def test_folders_media_and_litter_are_passed_over(file: Path) -> None:
    names = [
        "media/",
        "media/1.JPG",
        "clip.mp4",
        "__MACOSX/a.gpx",
        "x/._a.gpx",
        ".DS_Store",
        "a.gpx",
    ]
    assert [m.name for m in listed(file, zipped(*((n, b"") for n in names)))] == ["a.gpx"]


def test_media_count_towards_no_limit_of_size(file: Path) -> None:
    archive = zipped(("a.jpg", bytes(9 * MIB)), ("a.gpx", CONTENT))
    assert [m.read()[0] for m in listed(file, archive)] == [CONTENT]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\runs\\..\\a.gpx", "runs/a.gpx"),
        ("a/./b//c.gpx", "a/b/c.gpx"),
        ("..", "unnamed"),
        ("a\x1b[31m\r\nb\u202e.gpx", "a[31mb.gpx"),
        ("\u2028\x07", "unnamed"),
        ("Läufe/Größe – 跑步.gpx", "Läufe/Größe – 跑步.gpx"),
        ("a" * 3000 + ".gpx", "a" * 251 + ".gpx"),
    ],
)
def test_names_are_only_labels_and_printable(file: Path, name: str, shown: str) -> None:
    (member,) = listed(file, zipped((name, CONTENT)))
    assert member.name == shown
    assert member.read()[0] == CONTENT


def test_a_nul_in_a_name_hides_nothing(file: Path) -> None:
    archive = zipped(("aXgpx.exe", CONTENT)).replace(b"aXgpx", b"a\0gpx")
    assert [m.name for m in listed(file, archive)] == ["agpx.exe"]


@pytest.mark.parametrize("encoding", ["utf-8", "cp437"])
def test_names_without_the_utf_8_mark_are_guessed_right(file: Path, encoding: str) -> None:
    raw = "Läufe.gpx".encode(encoding)
    archive = zipped(("x" * len(raw), CONTENT)).replace(b"x" * len(raw), raw)
    assert [m.name for m in listed(file, archive)] == ["Läufe.gpx"]


def test_members_of_one_name_stay_apart(file: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        archive = zipped(("a.csv", b"1"), ("a.csv", b"2"))
    assert [(m.name, m.read()[0]) for m in listed(file, archive)] == [
        ("a.csv", b"1"),
        ("a.csv (2)", b"2"),
    ]


# Archives within archives


def test_an_archive_within_an_archive_is_read_once_deep(file: Path) -> None:
    inner = zipped(("b/1.fit", CONTENT), ("2.fit.gz", gzip.compress(b"2")))
    found = listed(file, zipped(("a.txt", b"a"), ("part.zip", inner), ("z.txt", b"z")))
    assert [m.name for m in found] == ["a.txt", "part.zip!b/1.fit", "part.zip!2.fit.gz", "z.txt"]
    assert [m.read()[0] for m in found] == [b"a", CONTENT, b"2", b"z"]


def test_a_third_archive_deep_is_refused_and_the_rest_read(file: Path) -> None:
    deepest = zipped(("deep", b"1"))
    archive = zipped(("1.zip", zipped(("2.zip", deepest), ("ok", b"2"))), ("fine", b"3"))
    found = {m.name: m for m in listed(file, archive)}
    assert list(found) == ["1.zip!2.zip", "1.zip!ok", "fine"]
    with pytest.raises(InputError, match="archive within an archive"):
        found["1.zip!2.zip"].read()
    assert found["1.zip!ok"].read()[0] == b"2"


def test_a_damaged_archive_within_is_one_member_s_error(file: Path) -> None:
    found = listed(
        file, zipped(("1.zip", zipped(("a", CONTENT))[:-30]), ("not.zip", b"x"), ("b", b"y"))
    )
    assert [m.name for m in found] == ["1.zip", "not.zip", "b"]
    with pytest.raises(InputError, match="damaged"):
        found[0].read()
    assert [m.read()[0] for m in found[1:]] == [b"x", b"y"]


def test_members_of_inner_archives_count_towards_the_limits(file: Path) -> None:
    inner = zipped(*((str(i), b"") for i in range(30)))
    found = listed(file, zipped(("1.zip", inner), ("2.zip", inner)))
    with pytest.raises(TooLarge, match="RUNSOUS_MAX_ARCHIVE_FILES"):
        found[-1].read()


# Damage


def test_a_damaged_member_is_its_own_error(file: Path) -> None:
    content = random.Random(4).randbytes(5_000)
    archive = bytearray(zipped(("bad", content), ("good", CONTENT)))
    archive[2_000] ^= 0xFF
    bad, good = listed(file, bytes(archive))
    with pytest.raises(InputError, match="damaged"):
        bad.read()
    assert good.read()[0] == CONTENT


def test_a_member_with_a_false_checksum_is_refused(file: Path) -> None:
    checksum = struct.pack("<I", zlib.crc32(CONTENT))
    (member,) = listed(file, zipped(("a", CONTENT)).replace(checksum, b"\1\2\3\4"))
    with pytest.raises(InputError, match="damaged"):
        member.read()


@pytest.mark.parametrize("says", [1, MIB])
def test_a_member_whose_size_is_a_lie_is_refused(file: Path, says: int) -> None:
    size = struct.pack("<II", len(zlib.compress(CONTENT)), len(CONTENT))[4:]
    archive = zipped(("a", CONTENT)).replace(size, struct.pack("<I", says))
    (member,) = listed(file, archive)
    assert member.size == says
    with pytest.raises(InputError, match="damaged"):
        member.read()


def test_a_password_or_an_unusual_method_is_named(file: Path) -> None:
    archive = bytearray(zipped(("a", CONTENT)))
    at = archive.index(b"PK\x01\x02")
    archive[at + 8] |= 1
    with pytest.raises(InputError, match="password"):
        listed(file, bytes(archive))[0].read()
    with pytest.raises(InputError, match="unusual method"):
        listed(file, zipped(("a", CONTENT), method=zipfile.ZIP_LZMA))[0].read()


@given(cut=st.integers(min_value=1, max_value=200))
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_an_archive_that_is_cut_off_is_refused(file: Path, cut: int) -> None:
    with pytest.raises(InputError, match="incomplete"):
        listed(file, zipped(("a", CONTENT), ("b", CONTENT))[:-cut])


def test_a_name_that_is_empty_to_the_library_does_not_stop_the_archive(file: Path) -> None:
    # It takes a name to end at its first NUL.
    archive = zipped(("?a", CONTENT), ("b", CONTENT)).replace(b"?a", b"\0a")
    assert [member.name for member in listed(file, archive)] == ["a", "b"]


@given(data=st.data())
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_random_damage_gives_members_or_an_input_error(file: Path, data: st.DataObject) -> None:
    archive = bytearray(zipped(("a.gpx", b"abc" * 9), ("b.zip", zipped(("c", b"d")))))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(archive) - 1))
        archive[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
    try:
        for member in members(stored(file, bytes(archive)), SMALL):
            member.read()
    except InputError:
        pass


# Hostility


def test_too_many_members_are_refused_before_they_are_listed(file: Path) -> None:
    with pytest.raises(TooLarge, match="RUNSOUS_MAX_ARCHIVE_FILES"):
        listed(file, zipped(*((str(i), b"") for i in range(51))))
    assert len(listed(file, zipped(*((str(i), b"") for i in range(50))))) == 50


def test_a_table_of_contents_of_a_million_entries_stays_cheap(file: Path) -> None:
    entry = b"PK\x01\x02" + bytes(42)
    table = entry * 1_000_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(table), 0, 0)
    stored(file, table + end)

    def read() -> None:
        with pytest.raises(TooLarge, match="RUNSOUS_MAX_ARCHIVE_FILES"):
            members(file, Limits())

    assert peak(read) < 110 * MIB


def test_an_archive_that_declares_too_much_is_refused_unread(file: Path) -> None:
    with pytest.raises(TooLarge, match="RUNSOUS_MAX_ARCHIVE_MB"):
        listed(file, zipped(*((str(i), bytes(MIB)) for i in range(4))))


def test_what_gzip_in_an_archive_unpacks_to_counts_once_per_member(file: Path) -> None:
    packed = gzip.compress(bytes(MIB))
    found = listed(file, zipped(*((f"{i}.gz", packed) for i in range(4))))
    for _ in range(3):
        assert [len(m.read()[0]) for m in found[:3]] == [MIB] * 3
    with pytest.raises(TooLarge, match="RUNSOUS_MAX_ARCHIVE_MB"):
        found[3].read()


def test_a_large_member_is_its_own_error(file: Path) -> None:
    large, fine = listed(file, zipped(("large", bytes(MIB + 1)), ("fine", CONTENT)))
    with pytest.raises(TooLarge, match="RUNSOUS_MAX_FILE_MB"):
        large.read()
    assert fine.read()[0] == CONTENT


def test_a_member_that_unpacks_to_more_than_it_declares_stops_there(file: Path) -> None:
    size = struct.pack("<I", 40 * MIB)
    archive = zipped(("bomb", bytes(40 * MIB))).replace(size, struct.pack("<I", 500))
    (member,) = listed(file, archive)

    def read() -> None:
        with pytest.raises(InputError, match="damaged"):
            member.read()

    assert peak(read) < MIB


def test_a_member_too_dense_to_be_real_is_refused(file: Path) -> None:
    (member,) = listed(file, zipped(("bomb", bytes(40 * MIB))), Limits())
    with pytest.raises(InputError, match="200 times"):
        member.read()


def test_entries_that_share_their_data_are_refused(file: Path) -> None:
    archive = zipped(("a", CONTENT))
    at, end = archive.index(b"PK\x01\x02"), archive.index(b"PK\x05\x06")
    entry = archive[at:end]
    table = entry + entry.replace(b"a", b"b", 1)
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(table), at, 0)
    with pytest.raises(InputError, match="overlap"):
        listed(file, archive[:at] + table + tail)


def test_an_entry_that_spans_the_next_one_is_refused(file: Path) -> None:
    archive = bytearray(zipped(("a", b"1" * 50), ("b", b"2" * 50), method=zipfile.ZIP_STORED))
    at = archive.index(b"PK\x01\x02")
    struct.pack_into("<II", archive, at + 20, 100, 100)
    with pytest.raises(InputError, match="overlap"):
        listed(file, bytes(archive))


def test_a_link_in_an_archive_is_a_small_text(file: Path) -> None:
    link = zipfile.ZipInfo("link.gpx")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    (member,) = listed(file, zipped((link, b"/etc/passwd")))
    assert member.read()[0] == b"/etc/passwd"


def test_reading_leaves_nothing_on_the_disk(file: Path) -> None:
    members = listed(file, zipped(("../x", b"1"), ("y.zip", zipped(("z", b"2")))))
    before = set(file.parent.rglob("*"))
    for member in members:
        member.read()
    assert set(file.parent.rglob("*")) == before

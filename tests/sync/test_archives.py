"""Archives, folders and heaps of files: every file is heard, none spoils the others."""

from __future__ import annotations

import io
import json
import os
import stat
import zipfile
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from runsous import settings
from runsous.errors import TooLarge
from runsous.files import container
from runsous.store import imports
from runsous.store import uploads as handed_in
from runsous.sync import archives, import_files, uploads, workouts
from runsous.sync.archives import Leaf
from runsous.sync.intake import Intake
from tests.sync import make

DAY = timedelta(days=1)


def strava(folder, name="export.zip", header=make.ENGLISH, **changes):
    """An export with a FIT, a GPX, an entry by hand, one whose file is missing, and a photo."""
    starts = [make.START + n * DAY for n in range(4)]
    rows = [
        make.strava_row(11, starts[0], Activity__Name="Früh", Filename="activities/1.fit.gz"),
        make.strava_row(12, starts[1], Filename="activities/2.gpx"),
        make.strava_row(13, starts[2], Activity__Name="By hand", Activity__Type="Yoga"),
        make.strava_row(14, starts[3], Filename="activities/4.fit.gz"),
    ]
    members = {
        "profile.csv": b"a,b\n1,2\n",
        "activities.csv": make.strava_index(rows, header),
        "activities/1.fit.gz": make.gz(make.fit(starts[0])),
        "activities/2.gpx": make.gpx(starts[1]),
        "media/x.jpg": b"\xff\xd8\xff",
        "messages.json": b"{}",
        **changes,
    }
    return make.packed(members, folder / name)


def facts(engine):
    return make.rows(
        engine,
        "SELECT name, sport, external_id, n_points, source, elapsed_time_s, distance_m"
        " FROM activities ORDER BY start_time",
    )


@pytest.mark.parametrize("header", [make.ENGLISH, make.GERMAN], ids=["english", "german"])
def test_a_strava_export_comes_in_whole_with_the_names_its_owner_gave(engine, tmp_path, header):
    report = make.take(engine, strava(tmp_path, header=header))
    label = str(tmp_path / "export.zip")
    # The newest first; nothing is said of what holds no data.
    assert [(f.path.removeprefix(label), f.kind, f.status) for f in report.files] == [
        ("!activities.csv#14", "strava_export", "imported"),
        ("!activities.csv#13", "strava_export", "imported"),
        ("!activities/2.gpx", "gpx", "imported"),
        ("!activities/1.fit.gz", "fit", "imported"),
    ]
    assert "activities/4.fit.gz is not in the archive" in report.files[0].message
    assert report.files[1].message == "Only its totals are known."
    assert facts(engine) == [
        {
            "name": "Früh",
            "sport": "run",
            "external_id": "11",
            "n_points": 600,
            "source": "fit",
            "elapsed_time_s": 600.0,
            "distance_m": 1800.0,
        },
        {
            "name": "Strava 12",
            "sport": "run",
            "external_id": "12",
            "n_points": 600,
            "source": "gpx",
            "elapsed_time_s": 599.0,
            "distance_m": pytest.approx(1797, abs=1),
        },
        {
            "name": "By hand",
            "sport": "yoga",
            "external_id": "13",
            "n_points": 0,
            "source": "strava_export",
            "elapsed_time_s": 600.0,
            "distance_m": 1800.0,
        },
        {
            "name": "Strava 14",
            "sport": "run",
            "external_id": "14",
            "n_points": 0,
            "source": "strava_export",
            "elapsed_time_s": 600.0,
            "distance_m": 1800.0,
        },
    ]


def test_the_same_export_again_is_known_throughout(engine, tmp_path):
    path = strava(tmp_path)
    make.take(engine, path)
    before = make.tables(engine, "imports", "uploads", "import_files")
    assert {status for _, status in make.outcome(make.take(engine, path))} == {"duplicate"}
    assert make.tables(engine, "imports", "uploads", "import_files") == before


def test_a_file_known_alone_takes_its_name_from_the_export_that_comes_later(engine, tmp_path):
    alone = make.written(tmp_path, "1.fit", make.fit())
    archive = strava(tmp_path)
    make.take(engine, alone)
    make.take(engine, archive)
    late = make.library(engine)
    assert facts(engine)[0]["name"] == "Früh"
    assert {status for _, status in make.outcome(make.take(engine, archive))} == {"duplicate"}
    for row in make.rows(engine, "SELECT id FROM activities"):
        with engine.begin() as conn:
            workouts.delete(conn, make.user(engine), row["id"])
    make.take(engine, archive)
    make.take(engine, alone)
    assert make.library(engine) == late


def test_a_folder_is_as_good_as_the_archive_it_came_from(engine, tmp_path):
    archive = strava(tmp_path)
    folder = tmp_path / "export"
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    make.written(folder, ".hidden/secret.fit", make.fit(make.START + 9 * DAY))
    first = make.take(engine, folder)
    assert [f.path.removeprefix(f"{folder}/") for f in first.files] == [
        "activities.csv#14",
        "activities.csv#13",
        "activities/2.gpx",
        "activities/1.fit.gz",
    ]
    assert {f.status for f in first.files} == {"imported"}
    assert {status for _, status in make.outcome(make.take(engine, archive))} == {"duplicate"}


def test_a_lone_index_gives_the_totals_and_files_complete_them_later(engine, tmp_path):
    with zipfile.ZipFile(strava(tmp_path)) as opened:
        index = opened.read("activities.csv")
    report = make.take(engine, make.written(tmp_path, "activities.csv", index))
    assert make.outcome(report) == [("strava_export", "imported")] * 4
    report = make.take(engine, make.written(tmp_path, "1.fit", make.fit()))
    assert "Joined" in report.files[0].message
    (first, *_) = facts(engine)
    assert (first["name"], first["source"], first["n_points"]) == ("Früh", "fit", 600)


def test_several_exports_in_one_folder_are_each_listed_by_their_own_index(engine, tmp_path):
    folder = tmp_path / "all"
    for name, days in (("old", 0), ("new", 50)):
        start = make.START + days * DAY
        row = make.strava_row(days, start, Activity__Name=name, Filename="activities/1.fit")
        index = "activities.csv" if name == "old" else "my list.csv"
        make.written(folder, f"{name}/{index}", make.strava_index([row]))
        make.written(folder, f"{name}/activities/1.fit", make.fit(start))
    report = make.take(engine, folder)
    assert make.outcome(report) == [("fit", "imported")] * 2
    assert [row["name"] for row in facts(engine)] == ["old", "new"]


def test_an_index_that_is_damaged_takes_no_file_with_it(engine, tmp_path):
    path = strava(tmp_path)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as opened:
        at = opened.getinfo("activities.csv").header_offset + 60
    content[at : at + 20] = bytes(20)
    report = make.take(engine, make.written(tmp_path, "broken.zip", bytes(content)))
    by_name = {f.path.rpartition("!")[2]: f for f in report.files}
    assert by_name["activities.csv"].status == "failed"
    assert "activities.csv is damaged" in by_name["activities.csv"].message
    assert by_name["activities/1.fit.gz"].status == "imported"
    assert by_name["activities/2.gpx"].status == "imported"


def test_rows_of_an_index_that_cannot_be_read_are_spoken_of(engine, tmp_path):
    index = make.strava_index([make.strava_row(1, make.START)]) + b"77,half a row\n"
    report = make.take(engine, strava(tmp_path, **{"activities.csv": index}))
    (remark,) = [f for f in report.files if f.path.endswith("activities.csv")]
    assert remark.status == "skipped"
    assert "incomplete" in remark.message


def test_one_damaged_file_does_not_spoil_the_others(engine, tmp_path):
    damaged = make.packed(
        {
            "a.fit": make.fit(),
            "b.fit": b"\x0e\x20\x39\x08" + b"junk" * 40,
            "c.gpx": b"<gpx><trk>",
            "d.tcx": make.tcx(make.START + DAY),
            "e.fit": b"",
            "notes.txt": b"hello",
        },
        tmp_path / "some.zip",
    )
    report = make.take(
        engine,
        make.written(tmp_path, "unknown.bin", b"\x00\x01\x02 nothing"),
        damaged,
        make.written(tmp_path, "empty.gpx", b""),
        make.written(tmp_path, "broken.zip", b"PK\x03\x04" + bytes(100)),
        tmp_path / "nowhere.fit",
        make.written(tmp_path, "songs.jsonl", make.listenbrainz((0, "Ana – Song", 100))),
    )
    found = {f.path.rpartition("/")[2].rpartition("!")[2]: f for f in report.files}
    assert {name: f.status for name, f in found.items()} == {
        "unknown.bin": "failed",
        "a.fit": "imported",
        "b.fit": "failed",
        "c.gpx": "failed",
        "d.tcx": "imported",
        "e.fit": "failed",
        "empty.gpx": "failed",
        "broken.zip": "failed",
        "nowhere.fit": "failed",
        "songs.jsonl": "imported",
    }
    for name, file in found.items():
        if file.status == "failed":
            assert file.message.startswith(name), file.message
            assert file.message.endswith((".", "!")), file.message
            assert len(file.message) > len(name) + 20
    assert report.failed == 7
    assert len(facts(engine)) == 2


def test_a_folder_with_damaged_archives_gives_all_the_rest(engine, tmp_path):
    folder = tmp_path / "heap"
    make.written(folder, "a.fit", make.fit())
    make.written(folder, "bad.zip", b"PK\x03\x04" + bytes(100))
    make.packed({"readme.txt": b"x"}, folder / "nothing.zip")
    make.packed({"in.gpx": make.gpx(make.START + DAY)}, folder / "good.zip")
    (folder / "dangling.fit").symlink_to(folder / "gone.fit")
    report = make.take(engine, folder)
    assert {f.path.removeprefix(f"{folder}/"): f.status for f in report.files} == {
        "a.fit": "imported",
        "bad.zip": "failed",
        "good.zip!in.gpx": "imported",
        "dangling.fit": "failed",
    }


def test_what_holds_no_data_says_so(engine, tmp_path):
    (tmp_path / "empty").mkdir()
    make.written(tmp_path, "texts/a.txt", b"hello")
    report = make.take(
        engine,
        tmp_path / "empty",
        tmp_path / "texts",
        make.packed({"a.txt": b"hello"}, tmp_path / "texts.zip"),
        make.packed({}, tmp_path / "nothing.zip"),
    )
    assert [f.status for f in report.files] == ["failed"] * 4
    assert all("no workout or listening files" in f.message for f in report.files)


def bomb(path, megabytes):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.fit", make.fit())
        with archive.open("zeros.gpx", "w") as out:
            for _ in range(megabytes):
                out.write(bytes(1 << 20))
    return path


def test_a_bomb_in_an_archive_is_refused_and_the_rest_read(engine, tmp_path):
    settings.use(replace(settings.current(), max_file_mb=8))
    report = make.take(engine, bomb(tmp_path / "bomb.zip", 64))
    found = {f.path.rpartition("!")[2]: f for f in report.files}
    assert found["a.fit"].status == "imported"
    assert found["zeros.gpx"].status == "failed"
    assert "RUNSOUS_MAX_FILE_MB" in found["zeros.gpx"].message


def test_an_archive_beyond_the_limits_is_refused_whole(engine, tmp_path):
    settings.use(replace(settings.current(), max_archive_files=2))
    crowd = make.packed({f"{n}.fit": b"x" for n in range(3)}, tmp_path / "crowd.zip")
    settings.use(replace(settings.current(), max_archive_files=2, max_archive_mb=1))
    report = make.take(engine, crowd, bomb(tmp_path / "big.zip", 4))
    assert [f.status for f in report.files] == ["failed", "failed"]
    assert "RUNSOUS_MAX_ARCHIVE_FILES" in report.files[0].message
    assert "RUNSOUS_MAX_ARCHIVE_MB" in report.files[1].message


def test_many_copies_of_one_file_are_spoken_of_once(engine, tmp_path):
    inner = make.packed({"run.fit": make.fit()}, tmp_path / "inner.zip").read_bytes()
    nested = make.packed({f"{n:02}.zip": inner for n in range(64)}, tmp_path / "nested.zip")
    report = make.take(engine, nested)
    assert make.outcome(report) == [("fit", "imported"), ("unknown", "skipped")]
    assert report.files[1].message.startswith("63 files with the same content")
    few = make.packed({f"{n}.fit": make.fit() for n in range(3)}, tmp_path / "few.zip")
    assert make.outcome(make.take(engine, few)) == [("fit", "duplicate")] * 3


def test_a_table_that_is_no_index_is_unpacked_once(tmp_path):
    rows = b"artist,album,track,date\n" * 40_000
    archive = make.packed({"a.csv": rows, "activities.csv": rows}, tmp_path / "tables.zip")
    unpacked = []
    read = container.Member.read
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(container.Member, "read", lambda m: unpacked.append(m.name) or read(m))
        parts = archives.expand(archive, "tables.zip", container.Limits())
        assert unpacked == []
        assert all(part.read()[0] == rows for part in parts)
    assert sorted(unpacked) == ["a.csv", "activities.csv"]


def test_names_that_lead_out_of_an_archive_lead_nowhere(engine, tmp_path):
    names = ["../../evil.fit", "/etc/cron.d/evil.gpx", "C:\\Windows\\evil.tcx"]
    contents = [make.fit(), make.gpx(make.START + DAY), make.tcx(make.START + 2 * DAY)]
    archive = make.packed(dict(zip(names, contents, strict=True)), tmp_path / "z.zip")
    before = sorted(p for p in tmp_path.rglob("*") if "server" not in p.parts)
    report = make.take(engine, archive)
    assert [f.path.rpartition("!")[2] for f in report.files] == [
        "Windows/evil.tcx",
        "etc/cron.d/evil.gpx",
        "evil.fit",
    ]
    assert {f.status for f in report.files} == {"imported"}
    assert sorted(p for p in tmp_path.rglob("*") if "server" not in p.parts) == before


def test_names_that_are_no_text_are_no_obstacle(engine, tmp_path):
    folder = tmp_path / "odd"
    folder.mkdir()
    with open(bytes(folder) + b"/\xff\xfe.fit", "wb") as out:
        out.write(make.fit())
    report = make.take(engine, folder)
    assert make.outcome(report) == [("fit", "imported")]
    json.dumps(report.as_json()).encode()


def test_uploads_are_labelled_by_their_name_alone(engine):
    names = ["../../a.fit", "C:\\x\\b.fit", "", "..", "n\0ul.fit", "\udcff.fit", "/c.fit"]
    import_id = uploads.receive(
        engine,
        make.user(engine),
        settings.current(),
        "api",
        [(name, io.BytesIO(make.fit())) for name in names],
    )
    with engine.begin() as conn:
        stored = handed_in.of_import(conn, make.user(engine), import_id)
    assert [row["path"] for row in stored] == [
        "a.fit",
        "b.fit",
        "unnamed",
        "unnamed",
        "n?ul.fit",
        "?.fit",
        "c.fit",
    ]
    home = settings.current().home / "uploads"
    assert all(str(home) in row["stored_at"] for row in stored)
    import_files.run(engine, make.user(engine), import_id)
    assert list(home.rglob("*")) == []


@pytest.mark.parametrize("is_there", [False, True])
def test_uploads_are_their_owners_alone_whatever_the_umask(engine, is_there):
    folder = settings.current().home / "uploads"
    former = os.umask(0)
    try:
        if is_there:
            folder.mkdir(mode=0o777)
        files = [("a.fit", io.BytesIO(make.fit()))]
        uploads.receive(engine, make.user(engine), settings.current(), "api", files)
    finally:
        os.umask(former)
    found = {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    assert sorted(found.values()) == [0o600, 0o700, 0o700]
    assert all(mode == 0o600 for path, mode in found.items() if path.is_file())


def test_a_folder_of_uploads_that_others_could_read_is_closed_at_the_start(engine):
    folder = settings.current().home / "uploads"
    folder.mkdir()
    folder.chmod(0o755)
    uploads.sweep(engine, settings.current())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_an_upload_that_is_too_large_leaves_nothing_behind(engine):
    settings.use(replace(settings.current(), max_upload_mb=1))
    with pytest.raises(TooLarge, match="RUNSOUS_MAX_UPLOAD_MB"):
        uploads.receive(
            engine,
            make.user(engine),
            settings.current(),
            "api",
            [("a.fit", io.BytesIO(make.fit())), ("b.fit", io.BytesIO(bytes((1 << 20) + 1)))],
        )
    assert list((settings.current().home / "uploads").iterdir()) == []
    assert make.rows(engine, "SELECT * FROM imports") == []


def test_a_file_that_lies_about_its_length_is_salvaged_and_says_so(engine, tmp_path):
    content = make.fit()
    cut = content[: len(content) * 2 // 3]
    (file,) = make.take(engine, make.written(tmp_path, "cut.fit", cut)).files
    assert file.status == "imported"
    assert file.message
    (row,) = facts(engine)
    assert 300 < row["n_points"] < 600
    # Made whole later, the run is whole, and still one.
    make.take(engine, make.written(tmp_path, "whole.fit", content))
    assert [row["n_points"] for row in facts(engine)] == [600]


def test_a_gzip_cut_short_is_salvaged_and_says_so(engine, tmp_path):
    packed = make.gz(make.gpx(name=None))
    (file,) = make.take(engine, make.written(tmp_path, "a.gpx.gz", packed[:-200])).files
    assert file.status in ("imported", "failed")
    assert file.message


def test_a_mistake_of_ours_at_one_file_is_said_and_logged_and_ends_nothing(engine, caplog):
    user = make.user(engine)
    files = [("heap.zip", io.BytesIO(b"PK"))]
    import_id = uploads.receive(engine, user, settings.current(), "api", files)
    with engine.begin() as conn:
        (upload,) = handed_in.of_import(conn, user, import_id)

    def broken():
        raise ZeroDivisionError("nobody thought of this")

    one = Intake(engine, user, import_id, upload, None)
    leaves = [Leaf("heap.zip!a.fit", broken), Leaf("heap.zip!b.fit", lambda: (make.fit(), ()))]
    assert [one._tried(leaf.path, partial(one._import, leaf)) for leaf in leaves] == [False, True]
    with engine.begin() as conn:
        failed, fine = imports.files(conn, user, import_id)
    assert (failed.status, fine.status) == ("failed", "imported")
    assert failed.message.startswith("a.fit: It made this program fail (ZeroDivisionError)")
    assert "nobody thought of this" in caplog.text

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from runsous.errors import InputError
from runsous.files import locales
from runsous.files.strava_export import is_strava_index, read_strava_index, to_workout

START = datetime(2022, 5, 29, 15, 53, 35, tzinfo=UTC)
FRONT_NAMES = (
    "Activity ID,Activity Date,Activity Name,Activity Type,Activity Description,Elapsed Time,"
    "Distance,Max Heart Rate,Relative Effort,Commute,Activity Private Note,Activity Gear,Filename"
)
BACK_NAMES = (
    "Athlete Weight,Bike Weight,Elapsed Time,Moving Time,Distance,Max Speed,Average Speed,"
    "Elevation Gain,Elevation Loss,Elevation Low,Elevation High,Max Grade,Average Grade,"
    "Average Positive Grade,Average Negative Grade,Max Cadence,Average Cadence,Max Heart Rate,"
    "Average Heart Rate"
)
FRONT, BACK = FRONT_NAMES.split(","), BACK_NAMES.split(",")
HEADER = [*FRONT, *BACK, *(f"Column {n}" for n in range(32, 94))]
OLD_FRONT = [name for name in FRONT if name not in ("Max Heart Rate", "Activity Private Note")]
GERMAN = {
    "Activity ID": "Aktivitäts-ID",
    "Activity Date": "Aktivitätsdatum",
    "Elapsed Time": "Verstrichene Zeit",
    "Distance": "Distanz",
    "Filename": "Dateiname",
    "Commute": "Pendeln",
}


def row(header=HEADER, **cells):
    """One run; cells by the header's name, the second one of a name with ``_2``."""
    known = {
        "Activity ID": "4689591795",
        "Activity Date": "May 29, 2022, 3:53:35 PM",
        "Activity Name": "Morning Run",
        "Activity Type": "Run",
        "Elapsed Time": "1428",
        "Distance": "3.32",
        "Commute": "false",
        "Filename": "activities/12866632127.fit.gz",
        "Elapsed Time_2": "1428.0",
        "Moving Time": "1411.0",
        "Distance_2": "3322.94",
        "Elevation Gain": "61.8",
        "Average Cadence": "78.5",
        "Max Heart Rate_2": "181.0",
        "Average Heart Rate": "152.5",
        **{name.replace("__", " "): value for name, value in cells.items()},
    }
    seen: set[str] = set()
    filled = []
    for name in header:
        filled.append(known.get(f"{name}_2" if name in seen else name, ""))
        seen.add(name)
    return filled


def index(*rows, header=HEADER):
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode()


def only(content):
    (entry,) = read_strava_index(content)
    return entry


def test_an_entry_has_the_exact_totals_of_the_second_block():
    content = index(row())
    assert is_strava_index(content)
    entry = only(content)
    assert entry.activity_id == "4689591795"
    assert entry.start_time == START
    assert (entry.name, entry.sport, entry.sub_sport) == ("Morning Run", "run", None)
    assert entry.filename == "activities/12866632127.fit.gz"
    assert (entry.elapsed_time_s, entry.moving_time_s, entry.distance_m) == (1428, 1411, 3322.94)
    assert (entry.max_heartrate, entry.average_heartrate) == (181, 152.5)
    assert (entry.elevation_gain_m, entry.average_cadence) == (61.8, 78.5)


@pytest.mark.parametrize("width", [34, 87, 94, 101, 103])
def test_the_number_of_columns_does_not_matter(width):
    header = (HEADER + [f"More {n}" for n in range(20)])[:width]
    content = index(row(header), header=header)
    assert is_strava_index(content)
    assert only(content).distance_m == 3322.94


def test_older_exports_with_fewer_columns_before_the_file_are_read():
    header = [*OLD_FRONT, *BACK]
    cells = {"Commute": "true", "Max Heart Rate": "181.0"}
    entry = only(index(row(header, **cells), header=header))
    assert entry.filename == "activities/12866632127.fit.gz"
    assert (entry.distance_m, entry.max_heartrate) == (3322.94, 181)


def test_the_oldest_exports_have_only_the_rounded_distance():
    content = index(row(OLD_FRONT), header=OLD_FRONT)
    assert is_strava_index(content)
    entry = only(content)
    assert (entry.distance_m, entry.elapsed_time_s, entry.moving_time_s) == (3320, 1428, None)


@pytest.mark.parametrize(("rounded", "metres"), [("2.0", 2000), ("1,5", 1500)])
def test_a_missing_exact_distance_falls_back_to_kilometres(rounded, metres):
    content = index(row(), row(Distance=rounded, Distance_2=""))
    assert read_strava_index(content)[1].distance_m == metres


def test_a_missing_exact_distance_falls_back_to_miles_where_the_account_has_miles():
    content = index(row(Distance="2.06"), row(Distance="10.00", Distance_2=""))
    assert read_strava_index(content)[1].distance_m == pytest.approx(16093.44)


def test_an_account_in_another_language_is_read_by_position():
    header = [GERMAN.get(name, f"Spalte {name}") for name in HEADER]
    german = row(Activity__Date="29.05.2022, 15:53:35", Activity__Type="Radfahrt", Distance="3,32")
    content = index(german, header=header)
    assert is_strava_index(content)
    entry = only(content)
    assert (entry.start_time, entry.sport, entry.distance_m) == (START, "ride", 3322.94)


def test_names_numbered_by_another_program_are_still_repeated_names():
    header = [f"{name}.1" if name in HEADER[:i] else name for i, name in enumerate(HEADER)]
    content = index(row(Filename=""), header=header)
    assert is_strava_index(content)
    assert only(content).distance_m == 3322.94


def test_an_index_without_any_file_is_known_by_its_repeated_names():
    content = index(row(Filename=""), row(Filename=""))
    assert is_strava_index(content)
    assert [entry.filename for entry in read_strava_index(content)] == [None, None]
    assert is_strava_index(index())


def test_html_in_the_header_and_line_breaks_in_a_description_do_no_harm():
    header = list(HEADER)
    header[44] = '<span class="translation_missing" title="a, b">Type</span>'
    content = index(row(Activity__Description='First\n\n"second", third\n'), row(), header=header)
    first, second = read_strava_index(content)
    assert first.description == 'First\n\n"second", third'
    assert second.description is None
    assert first.distance_m == second.distance_m == 3322.94


def test_rows_with_too_few_columns_are_skipped_and_noted():
    entries = read_strava_index(index(row(), row()[:9], ["junk"], row()))
    assert len(entries) == 2
    assert entries.notes == ("Rows of the list that are incomplete and were skipped: 2.",)


def test_a_row_that_ends_after_its_file_keeps_what_it_has():
    entry = only(index(row()[:13]))
    assert entry.filename == "activities/12866632127.fit.gz"
    assert (entry.elapsed_time_s, entry.moving_time_s) == (1428, None)


def test_a_date_that_is_not_understood_is_noted_and_the_file_kept():
    entries = read_strava_index(index(row(Activity__Date="someday")))
    assert entries[0].start_time is None
    assert entries[0].filename == "activities/12866632127.fit.gz"
    assert entries.notes == ("Dates of the list that were not understood: 1.",)
    with pytest.raises(InputError, match="date"):
        to_workout(entries[0])


def test_an_index_cut_off_keeps_the_rows_before():
    content = index(row(), row(), row(Activity__Description="a\nb"))
    assert len(read_strava_index(content[: content.rindex(b"\nb")])) == 2


def test_an_entry_by_hand_is_a_workout_of_its_totals():
    workout = to_workout(only(index(row(Filename="", Activity__Description="Felt good"))))
    assert workout.kind == "strava_export"
    assert (workout.start_time, workout.sport) == (START, "run")
    assert workout.samples.empty
    assert (workout.elapsed_time_s, workout.timer_time_s, workout.distance_m) == (
        1428,
        1411,
        3322.94,
    )
    assert (workout.name, workout.description) == ("Morning Run", "Felt good")
    assert workout.external_id == "4689591795"
    assert not workout.is_start_hidden


def test_a_hidden_start_is_flagged():
    hidden = only(index(row(Activity__Date="May 29, 2022, 12:00:01 AM")))
    assert hidden.is_start_hidden
    assert to_workout(hidden).is_start_hidden


@pytest.mark.parametrize(
    "other",
    [
        b"",
        b"[]",
        b"x" * 300_000,
        b"Activity ID\n1\n",
        b"a,b,c,d,e,f,g,h,i,j,k\n1,2,3,4,5,6,7,8,9,10,11\n",
        b"Artist,Album,Track,Date,e,f,g,h,i,j\nBand,LP,Song,01 May 2024 10:00,,,,,,\n",
        "Activity ID;Datum\n".encode("utf-16"),
    ],
)
def test_other_tables_are_no_index(other):
    assert not is_strava_index(other)


def test_a_table_too_narrow_is_refused_in_a_sentence():
    with pytest.raises(InputError, match=r"activities\.csv"):
        read_strava_index(b"a,b\n1,2\n")


@pytest.mark.parametrize(
    "written",
    [
        "May 29, 2022, 3:53:35 PM",
        "May 29, 2022, 3:53:35\u202fPM",
        "29.05.2022, 15:53:35",
        "29. Mai 2022 15:53:35",
        "29 mai 2022 à 15:53:35",
        "29 may 2022, 15:53:35",
        "29 may. 2022 3:53:35 p. m.",
        "29 de mai. de 2022, 15:53:35",
        "29 mag 2022, 15:53:35",
        "29 mei 2022 15:53:35",
        "29. maj 2022 15.53.35",
        "29.5.2022 klo 15.53.35",
        "29/05/2022, 15:53:35",
        "5/29/2022, 3:53:35 PM",
        "2022-05-29 15:53:35",
        "2022-05-29T15:53:35Z",
        "2022/05/29 15:53:35",
        "2022年5月29日 15:53:35",
        "2022年5月29日 下午3:53:35",
        "2022. 5. 29. 오후 3:53:35",
        "29 мая 2022 г., 15:53:35",
    ],
)
def test_one_moment_is_understood_in_many_languages(written):
    assert locales.moment(written) == START


@pytest.mark.parametrize(
    ("names", "month"),
    [
        ("Jan janv. gen ene. sty", 1),
        ("févr. feb fev.", 2),
        ("Mär März mrt. maart marzo mars março", 3),
        ("avr. abr apr", 4),
        ("juin jun. giu Juni", 6),
        ("juil. jul. lug Juli", 7),
        ("août ago. Aug", 8),
        ("set. sept. Sep", 9),
        ("out. okt. ott oct.", 10),
        ("nov. Nov", 11),
        ("Dez. déc. dic. dec", 12),
    ],
)
def test_months_have_many_names(names, month):
    for name in names.split():
        assert locales.moment(f"3 {name} 2021 12:00:00") == datetime(2021, month, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize(("hour", "expected"), [("12:05:00 AM", 0), ("12:05:00 PM", 12)])
def test_twelve_o_clock_is_midnight_in_the_morning_and_noon_in_the_afternoon(hour, expected):
    assert locales.moment(f"Jan 1, 2024, {hour}") == datetime(2024, 1, 1, expected, 5, tzinfo=UTC)


@pytest.mark.parametrize("odd", ["", "yesterday", "2022-05-29", "31 Feb 2022 10:00:00", "9" * 999])
def test_what_is_no_moment_is_none(odd):
    assert locales.moment(odd) is None


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("9,44", 9.44),
        ("15.00", 15),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1\u202f234,5", 1234.5),
        ("3189.0", 3189),
        ("-1.5", None),
        ("", None),
        ("nan", None),
        ("1e9", None),
    ],
)
def test_numbers_have_points_or_commas(written, value):
    assert locales.quantity(written) == value


@pytest.mark.parametrize(
    ("words", "sport"),
    [
        ("Run Lauf Corrida Carrera Corsa Hardloopsessie ランニング 跑步", "run"),
        ("Ride Radfahrt Vélo Fietsrit Ciclismo Pedalada Handcycle Velomobile", "ride"),
        ("Swim Schwimmen Natation Natación Natação Nuoto Zwemmen", "swim"),
        ("Walk Spaziergang Marche Caminata Caminhada Camminata Wandeling", "walk"),
        ("Hike Wanderung Randonnée Senderismo Escursione Snowshoe", "hike"),
        ("Rowing Rudern Aviron Remo Canottaggio", "row"),
        ("Snowboard Langlauf Esquí", "ski"),
        ("Elliptical Yoga", None),
        ("Musculation Krafttraining Krachttraining", "strength"),
        ("Workout Training Entraînement Entrenamiento Allenamento Treino Crossfit", "workout"),
        ("Tennis Canoe Golf", "other"),
    ],
)
def test_sports_have_many_names(words, sport):
    for word in words.split():
        assert locales.sport(word)[0] == (sport or word.lower()), word


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Trail Run", ("run", "trail")),
        ("Course à pied", ("run", None)),
        ("Virtual Ride", ("ride", "virtual")),
        ("Virtuelle Radfahrt", ("ride", "virtual")),
        ("E-Mountain Bike Ride", ("ride", "e_bike")),
        ("Mountainbike-Fahrt", ("ride", "mountain")),
        ("Ski de randonnée", ("ski", None)),
        ("Weight Training", ("strength", None)),
        ("Entrenamiento con pesas", ("strength", None)),
        ("Stand Up Paddling", ("other", "Stand Up Paddling")),
        ("", ("other", None)),
    ],
)
def test_sports_of_several_words_keep_their_variety(words, expected):
    assert locales.sport(words) == expected

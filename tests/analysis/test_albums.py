import pandas as pd
import pytest

from runsous.analysis.albums import album_key


def key(name: str) -> str:
    return str(album_key(pd.Series([name]))[0])


@pytest.mark.parametrize(
    "spelling",
    [
        "Rumours (Deluxe Edition)",
        "Rumours (Super Deluxe)",
        "Rumours - Deluxe Version",
        "Rumours (Remastered)",
        "Rumours [2004 Remaster]",
        "Rumours (35th Anniversary Deluxe Edition) [Remastered]",
        "Rumours (40th Anniversary)",
        "Rumours (Expanded & Remastered)",
        "Rumours (Edición Especial)",
        "Rumours (Japanese Edition) - Bonus Track Version",
        "Rumours (Disc 2)",
        "Rumours (Explicit)",
        "rumours",
    ],
)
def test_editions_of_an_album_are_one_album(spelling):
    assert key(spelling) == "rumours"


@pytest.mark.parametrize(
    "other",
    [
        "Rumours Live",
        "Rumours (Live)",
        "Rumours (Live Deluxe Edition)",
        "Rumours - Acoustic Edition",
        "Rumours (Remixes)",
        "Rumours, Vol. 2",
        "Rumours (Taylor's Version)",
        "Rumours (Original Soundtrack)",
    ],
)
def test_other_recordings_and_volumes_are_another_album(other):
    assert key(other) != key("Rumours")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Deluxe", "deluxe"),
        ("(Deluxe Edition)", "deluxeedition"),
        ("Expanded - Remastered", "expanded"),
        ("Édition", "edition"),
        ("???", "???"),
        ("無罪モラトリアム", "無罪モラトリアム"),
    ],
)
def test_a_name_that_is_nothing_else_keeps_itself(name, expected):
    assert key(name) == expected


def test_each_row_gets_the_key_of_its_album_and_a_missing_one_is_nameless():
    found = album_key(pd.Series(["B (Deluxe)", None, "A", "B"], dtype="str"))
    assert found.tolist() == ["b", "?", "a", "b"]
    assert album_key(pd.Series([None], dtype="str")).tolist() == ["?"]

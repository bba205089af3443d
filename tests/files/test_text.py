from __future__ import annotations

import json

import pytest

from runsous.files.text import Records, Rows, decode

SONG = "Für Élise — ありがとう"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_read_with_and_without_byte_order_mark(encoding):
    assert decode(json.dumps([SONG], ensure_ascii=False).encode(encoding)) == f'["{SONG}"]'


def test_western_european_bytes_are_read_as_such():
    assert decode("Sigur Rós, Motörhead €".encode("cp1252")) == "Sigur Rós, Motörhead €"


def test_a_single_damaged_byte_costs_one_character_of_a_utf_8_text():
    content = "Sigur Rós, Motörhead, Björk".encode().replace(b"k", b"\xff")
    assert decode(content) == "Sigur Rós, Motörhead, Björ\ufffd"


def test_a_text_cut_within_a_character_is_read_up_to_it():
    assert decode("Björk".encode()[:3]) == "Bj"


def test_values_of_arrays_and_lines_come_one_by_one():
    assert list(Records('[{"a": 1}, {"a": 2}]')) == [{"a": 1}, {"a": 2}]
    assert list(Records('{"a": 1}\n\n{"a": 2}\n')) == [{"a": 1}, {"a": 2}]
    assert list(Records('[[{"a": 1}], [{"a": 2}]]')) == [{"a": 1}, {"a": 2}]


def test_values_are_found_under_their_name_in_pages_or_alone():
    pages = '[{"track": [{"n": 1}, {"n": 2}], "@attr": {}}, {"track": [{"n": 3}]}]'
    assert [value["n"] for value in Records(pages, "track")] == [1, 2, 3]
    assert list(Records('{"track": {"n": 1}, "other": {"n": 2}}', "track")) == [{"n": 1}]


def test_a_title_that_looks_like_a_name_is_no_name():
    tricky = json.dumps([{"n": 'x "track": [{"n": 9}]'}, {"n": 2}])
    assert [value["n"] for value in Records(tricky, "track")][1:] == [2]


def test_all_before_the_damage_and_after_it_is_kept():
    whole = json.dumps([{"n": n} for n in range(10)])
    cut = Records(whole[:-5])
    assert [value["n"] for value in cut] == list(range(9))
    assert cut.is_damaged
    torn = Records(whole.replace('"n": 4', '"n: 4'))
    assert [value["n"] for value in torn] == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert torn.is_damaged


def test_a_text_that_only_lacks_its_closing_bracket_is_damaged():
    records = Records('[{"n": 1}')
    assert list(records) == [{"n": 1}]
    assert records.is_damaged
    assert not Records('[{"n": 1}] \n').is_damaged


def test_values_larger_than_the_window_are_passed_over_and_those_across_its_edge_are_not():
    filler = "x" * 400_000
    values = [{"n": n, "f": filler} for n in range(6)]
    assert [v["n"] for v in Records(json.dumps(values))] == [0, 1, 2, 3, 4, 5]
    giant = Records(json.dumps([{"n": 1}, {"n": 2, "f": filler * 3}, {"n": 3}]))
    assert [v["n"] for v in giant] == [1, 3]
    assert giant.is_damaged


@pytest.mark.parametrize(
    "hostile",
    ["[" * 300_000, '{"a":' * 300_000, '[{"a": ' + "9" * 100_000 + "}]", '{"a' * 100_000, '["'],
)
def test_hostile_json_ends_without_an_exception(hostile):
    assert all(isinstance(value, dict) for value in Records(hostile))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_are_split_at_the_delimiter_of_the_first_line(delimiter, end):
    lines = [delimiter.join(["a", "b", "c"]), "", delimiter.join(["1", '"2,;\t"', "3"])]
    assert list(Rows(end.join(lines))) == [["a", "b", "c"], ["1", "2,;\t", "3"]]


def test_a_quoted_field_keeps_its_line_breaks():
    assert list(Rows('a,b,c\n1,"x\n\ny",3\n'))[1] == ["1", "x\n\ny", "3"]


def test_a_quotation_mark_never_closed_keeps_the_rows_before():
    rows = Rows('a,b,c\n1,2,3\n4,"5,6\n' + "7,8,9\n" * 100_000)
    assert list(rows) == [["a", "b", "c"], ["1", "2", "3"]]
    assert rows.is_damaged

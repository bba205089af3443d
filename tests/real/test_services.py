"""Histories people published, as answers of the services they came from."""

from __future__ import annotations

import json
import zipfile

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from runsous.files.lastfm_export import read_lastfm
from runsous.files.listenbrainz_export import read_listenbrainz
from runsous.services.lastfm import parse as lastfm
from runsous.services.listenbrainz import parse as listenbrainz

pytestmark = pytest.mark.real


def test_pages_of_scrobbles_give_the_rows_that_their_file_gives(shared_data):
    file = shared_data / "lastfm" / "recenttracks_ghan_koito.json"
    pages = [lastfm.recent_tracks({"recenttracks": page}) for page in json.loads(file.read_bytes())]
    listens = pd.concat([page.listens for page in pages], ignore_index=True)
    assert_frame_equal(listens, read_lastfm(file.read_bytes()).listens)
    assert min(page.oldest for page in pages) == listens["stamp"].min().timestamp()


@pytest.mark.parametrize(
    "name", ["listenbrainz_export_koito.zip", "listenbrainz_export_koito_2.zip"]
)
def test_listens_give_the_rows_that_their_file_gives(shared_data, name):
    with zipfile.ZipFile(shared_data / "listenbrainz" / name) as archive:
        members = [m for m in archive.namelist() if "listens/" in m and m.endswith(".jsonl")]
        contents = [archive.read(member) for member in members]
    assert contents
    for content in contents:
        listens = [json.loads(line) for line in content.splitlines() if line.strip()]
        page = listenbrainz.listens({"payload": {"listens": listens}})
        assert_frame_equal(page.listens, read_listenbrainz(content).listens)
        assert page.oldest == min(each["listened_at"] for each in listens)

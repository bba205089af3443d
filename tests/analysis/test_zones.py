from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from runsous.analysis import zones
from runsous.errors import InputError


def test_a_place_has_the_zone_of_its_country():
    assert zones.zone_of(50.08, 14.42) == "Europe/Prague"
    assert zones.zone_of(-33.87, 151.21) == "Australia/Sydney"


def test_the_high_seas_have_a_zone_by_longitude():
    assert zones.zone_of(0.0, -160.0) == "Etc/GMT+11"


@pytest.mark.parametrize("place", [(np.nan, 14.0), (50.0, np.nan), (91.0, 0.0), (0.0, 181.0)])
def test_what_is_no_place_has_no_zone(place):
    assert zones.zone_of(*place) is None


def test_one_stray_first_fix_does_not_decide_the_zone():
    latitude = np.array([np.nan, 40.7, 50.08, 50.08, 50.08])
    longitude = np.array([np.nan, -74.0, 14.42, 14.42, 14.42])
    assert zones.zone_of_route(latitude, longitude) == "Europe/Prague"


def test_a_route_across_the_antimeridian_lies_there_and_not_in_greenwich():
    latitude, longitude = np.array([-16.8, -16.8]), np.array([179.99, -179.99])
    assert zones.zone_of_route(latitude, longitude) == "Pacific/Fiji"


def test_a_route_without_a_fix_has_no_zone():
    assert zones.zone_of_route(np.array([np.nan]), np.array([1.0])) is None


@pytest.mark.parametrize(
    "name", ["Europe/Berlin", "UTC", "Asia/Calcutta", "America/Indianapolis", "US/Pacific"]
)
def test_names_and_legacy_aliases_are_zones(name):
    assert zones.valid_zone(name) == name


def test_a_zone_may_be_given_in_any_case():
    assert zones.valid_zone(" europe/berlin ") == "Europe/Berlin"


@pytest.mark.parametrize(
    "name", ["", "Europe", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "localtime", "\0"]
)
def test_anything_else_is_refused_in_words(name):
    with pytest.raises(InputError, match="is not a time zone"):
        zones.valid_zone(name)


def test_a_long_wrong_name_is_not_repeated_in_full():
    with pytest.raises(InputError) as error:
        zones.valid_zone("x" * 100_000)
    assert len(str(error.value)) < 200


def test_daylight_saving_counts():
    assert zones.offset_s("Europe/Berlin", datetime(2024, 1, 1, tzinfo=UTC)) == 3600
    assert zones.offset_s("Europe/Berlin", datetime(2024, 7, 1, tzinfo=UTC)) == 7200


def test_half_hours_and_zones_behind_utc_count():
    assert zones.offset_s("Asia/Kolkata", datetime(2024, 1, 1, tzinfo=UTC)) == 19_800
    assert zones.offset_s("America/St_Johns", datetime(2024, 1, 1, tzinfo=UTC)) == -12_600

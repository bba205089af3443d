import stat
from ipaddress import ip_network
from pathlib import Path

import pytest

from runsous import settings
from runsous.errors import InputError
from runsous.settings import Settings


def test_nothing_has_to_be_configured():
    loaded = settings.load({})
    assert loaded.is_embedded
    assert loaded.auth == "local"
    assert loaded.home.is_absolute()
    assert loaded.home.name == "runsous"
    assert loaded.base_url == "http://127.0.0.1:8501"
    assert loaded.max_upload_mb == 2048


def test_services_can_be_elsewhere():
    ours = settings.load({}).services
    assert ours.musicbrainz_api_url == "https://musicbrainz.org/ws/2"
    assert ours.deezer_api_url == "https://api.deezer.com"
    assert ours.reccobeats_api_url == "https://api.reccobeats.com"
    assert ours.acousticbrainz_api_url == "https://acousticbrainz.org/api/v1"
    names = ("musicbrainz", "deezer", "reccobeats", "acousticbrainz")
    urls = {f"{name.upper()}_API_URL": f"http://127.0.0.1:9/{name}/" for name in names}
    there = settings.load(urls).services
    for name in names:
        assert getattr(there, f"{name}_api_url") == f"http://127.0.0.1:9/{name}"


def test_each_variable_can_be_given():
    loaded = settings.load(
        {
            "DATABASE_URL": "postgresql://me@db/runs",
            "RUNSOUS_HOME": "/srv/runs",
            "RUNSOUS_AUTH": "accounts",
            "RUNSOUS_REGISTRATION": "invite",
            "RUNSOUS_TRUSTED_PROXIES": "10.0.0.0/8, ::1",
            "RUNSOUS_SECRET_KEY": "s" * 32 + "  " + "t" * 32,
            "RUNSOUS_BASE_URL": "https://runs.example/",
            "RUNSOUS_MAP_STYLE": "none",
            "RUNSOUS_ALLOW_REMOTE": "yes",
            "RUNSOUS_MAX_UPLOAD_MB": "1",
            "RUNSOUS_MAX_FILE_MB": "2",
            "RUNSOUS_MAX_ARCHIVE_MB": "3",
            "RUNSOUS_MAX_ARCHIVE_FILES": "4",
            "RUNSOUS_HOME_ZONE": "Europe/Berlin",
            "RUNSOUS_UNITS": "miles",
        }
    )
    assert loaded == Settings(
        home=Path("/srv/runs"),
        database_url="postgresql://me@db/runs",
        auth="accounts",
        registration="invite",
        trusted_proxies=(ip_network("10.0.0.0/8"), ip_network("::1/128")),
        secrets=("s" * 32, "t" * 32),
        base_url="https://runs.example",
        map_style="none",
        allow_remote=True,
        max_upload_mb=1,
        max_file_mb=2,
        max_archive_mb=3,
        max_archive_files=4,
        home_zone="Europe/Berlin",
        units="miles",
    )


def test_a_variable_left_empty_counts_as_not_given():
    assert settings.load({"DATABASE_URL": "", "RUNSOUS_UNITS": " "}).is_embedded


def test_a_value_can_lie_in_a_file(tmp_path):
    (tmp_path / "url").write_text("postgresql://u:p@h/d\n")
    loaded = settings.load({"DATABASE_URL_FILE": str(tmp_path / "url")})
    assert loaded.database_url == "postgresql://u:p@h/d"


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"DATABASE_URL_FILE names .*nowhere"):
        settings.load({"DATABASE_URL_FILE": str(tmp_path / "nowhere")})


def test_a_value_and_a_file_at_once_are_refused(tmp_path):
    with pytest.raises(InputError, match="Both RUNSOUS_UNITS and RUNSOUS_UNITS_FILE"):
        settings.load({"RUNSOUS_UNITS": "km", "RUNSOUS_UNITS_FILE": str(tmp_path / "x")})


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("DATABASE_URL", "mysql://x", "postgresql://"),
        ("RUNSOUS_AUTH", "nobody", "local or accounts"),
        ("RUNSOUS_REGISTRATION", "maybe", "open or invite or closed"),
        ("RUNSOUS_TRUSTED_PROXIES", "10.0.0.1/8", "networks"),
        ("RUNSOUS_SECRET_KEY", "short", "32 characters"),
        ("RUNSOUS_BASE_URL", "runs.example", "a web address"),
        ("RUNSOUS_BASE_URL", "http://[", "a web address"),
        ("RUNSOUS_BASE_URL", "http://h:99999", "a web address"),
        ("RUNSOUS_MAP_STYLE", "dark", "map style, or none"),
        ("RUNSOUS_ALLOW_REMOTE", "maybe", "yes or no"),
        ("RUNSOUS_MAX_FILE_MB", "0", "a whole number from 1"),
        ("RUNSOUS_MAX_FILE_MB", "-5", "a whole number from 1"),
        ("RUNSOUS_MAX_FILE_MB", "1.5", "a whole number from 1"),
        ("RUNSOUS_MAX_FILE_MB", "²", "a whole number from 1"),
        ("RUNSOUS_MAX_FILE_MB", "9" * 30, "a whole number from 1"),
        ("RUNSOUS_HOME_ZONE", "Middle/Earth", "time zone"),
        ("RUNSOUS_HOME_ZONE", "../../etc/passwd", "time zone"),
        ("RUNSOUS_HOME_ZONE", "Europe", "time zone"),
        ("RUNSOUS_UNITS", "furlongs", "km or miles"),
    ],
)
def test_a_bad_value_is_said_with_its_variable_and_what_is_allowed(variable, value, allowed):
    with pytest.raises(InputError) as caught:
        settings.load({variable: value})
    assert variable in str(caught.value)
    assert allowed in str(caught.value)


@pytest.mark.parametrize("variable", ["DATABASE_URL", "RUNSOUS_SECRET_KEY"])
def test_a_secret_is_never_repeated(variable):
    with pytest.raises(InputError) as caught:
        settings.load({variable: "hunter2"})
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(Settings(Path(), database_url="hunter2", secrets=("hunter2",)))


def test_the_machines_zone_is_the_home_zone(tmp_path, monkeypatch):
    link = tmp_path / "localtime"
    link.symlink_to("/usr/share/zoneinfo/America/Denver")
    monkeypatch.setattr(settings, "ZONE_LINK", link)
    assert settings.load({}).home_zone == "America/Denver"
    assert settings.load({"TZ": ":Asia/Tokyo"}).home_zone == "Asia/Tokyo"
    assert settings.load({"TZ": "CET-1CEST"}).home_zone == "America/Denver"
    assert settings.load({"RUNSOUS_HOME_ZONE": "Asia/Tokyo"}).home_zone == "Asia/Tokyo"


def test_a_secret_key_is_made_once_for_its_owner_alone(home):
    first = settings.secret_keys(settings.current())
    assert len(first[0]) >= 32
    assert len(first) == 1
    assert settings.secret_keys(settings.current()) == first
    assert stat.S_IMODE((home / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in home.iterdir()] == ["secret_key"]


def test_a_configured_secret_key_is_not_written_down(home):
    assert settings.secret_keys(Settings(home=home, secrets=("k" * 40,))) == ("k" * 40,)
    assert not list(home.iterdir())


def test_a_home_that_cannot_be_made_is_said_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="RUNSOUS_HOME"):
        settings.make_home(Settings(home=tmp_path / "file" / "home"))


def test_a_new_secret_key_comes_first_and_the_old_ones_can_be_dropped(home):
    current = settings.current()
    old = settings.secret_keys(current)
    settings.add_secret_key(current)
    newest, *rest = settings.secret_keys(current)
    assert tuple(rest) == old
    assert newest != old[0]
    assert stat.S_IMODE((home / "secret_key").stat().st_mode) == 0o600
    settings.drop_old_secret_keys(current)
    assert settings.secret_keys(current) == (newest,)
    assert [path.name for path in home.iterdir()] == ["secret_key"]

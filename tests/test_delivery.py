"""What is handed to a user's machine: pinned packages and containers that are closed by default."""

import os
import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml

from runsous import settings
from runsous.store import embedded

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ["requirements.lock", "requirements-audio.lock", "requirements-test.lock"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def pins(lock: str) -> dict[str, set[str]]:
    """The versions of each package; there are several where they depend on the machine."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / lock).read_text(), re.M):
        found.setdefault(name, set()).add(version)
    return found


def names(requirements: list[str]) -> set[str]:
    return {re.match(r"[\w.-]+", line)[0].lower().replace("_", "-") for line in requirements}


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_with_its_hashes(lock):
    entries = re.split(r"\n(?=\w)", (ROOT / lock).read_text("utf-8"))
    without = [e.splitlines()[0] for e in entries if "==" in e and "--hash=sha256:" not in e]
    assert without == []
    assert len(pins(lock)) > 50


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_tells_nothing_of_the_machine_it_was_made_on(lock):
    text = (ROOT / lock).read_text("utf-8")
    assert not re.search(r"://|--(extra-)?index-url|--find-links|file:|^/|/home|/opt", text, re.M)


def test_the_locks_hold_what_the_project_asks_for():
    assert names(PROJECT["dependencies"]) <= pins("requirements.lock").keys()
    extras = PROJECT["optional-dependencies"]
    with_audio = names(PROJECT["dependencies"] + extras["audio"])
    assert with_audio <= pins("requirements-audio.lock").keys()
    assert with_audio | names(extras["test"]) <= pins("requirements-test.lock").keys()


def test_nobody_installs_what_measures_tempos_without_asking_for_it():
    extra = names(PROJECT["optional-dependencies"]["audio"])
    assert "librosa" in extra
    assert extra.isdisjoint(pins("requirements.lock"))


def test_the_lock_holds_what_streamlit_signs_in_by_a_provider_with():
    extra = [line for line in metadata.requires("streamlit") if line.endswith('extra == "auth"')]
    assert extra
    assert names(extra) <= pins("requirements.lock").keys()


@pytest.mark.parametrize("lock", LOCKS[:-1])
def test_what_is_tested_is_what_is_run(lock):
    tested = pins("requirements-test.lock")
    differing = {n: v for n, v in pins(lock).items() if tested.get(n) != v}
    assert differing == {}


def test_compose_starts_the_app_a_worker_and_timescale(compose):
    services = compose["services"]
    assert services["worker"]["command"] == ["runsous", "worker"]
    assert re.fullmatch(r"timescale/timescaledb:\d+\.\d+\.\d+-pg\d+", services["database"]["image"])
    # As the bundled one: its log repeats no row and no statement.
    quiet = [
        f"{n}={v}" for n, v in embedded._TUNING.items() if n.startswith("log_") and "error" in n
    ]
    assert services["database"]["command"] == ["postgres", *(x for q in quiet for x in ("-c", q))]
    assert services["app"]["depends_on"]["database"] == {"condition": "service_healthy"}
    assert services["worker"]["depends_on"]["app"] == {"condition": "service_healthy"}


def test_compose_hands_every_setting_to_the_app_and_the_worker(compose):
    # The home and the database are where the containers have them.
    fixed = {"RUNSOUS_HOME", "DATABASE_URL"}
    for name in ("app", "worker"):
        handed_on = compose["services"][name]["environment"]
        assert settings._VARIABLES.keys() - fixed <= handed_on.keys()
        given = {variable: value for variable, value in handed_on.items() if value is not None}
        assert given == {"DATABASE_URL_FILE": "/keys/database_url", "RUNSOUS_ALLOW_REMOTE": "yes"}


def test_compose_builds_the_image_once(compose):
    ours = {n: s for n, s in compose["services"].items() if s["image"] == "runsous"}
    assert [name for name, service in ours.items() if "build" in service] == ["app"]
    # Nor is it looked for on the internet, where another could bear its name.
    assert {s.get("pull_policy") for n, s in ours.items() if n != "app"} == {"never"}


def test_compose_publishes_to_this_machine_alone(compose):
    published = [port for s in compose["services"].values() for port in s.get("ports", [])]
    assert published == ["127.0.0.1:8501:8501"]


def test_every_volume_that_is_used_is_declared(compose):
    used = {v.partition(":")[0] for s in compose["services"].values() for v in s["volumes"]}
    assert used == set(compose["volumes"])


def test_the_databases_password_is_made_once_and_never_again(compose, tmp_path):
    python, flag, code = compose["services"]["keys"]["command"]
    assert (python, flag) == ("python", "-c")
    code = code.replace("/keys/", f"{tmp_path}/")
    for _ in range(2):
        subprocess.run([python, flag, code], check=True)
        password = (tmp_path / "database_password").read_text()
        url = (tmp_path / "database_url").read_text()
        assert url == f"postgresql://runsous:{password}@database:5432/runsous"
    subprocess.run([python, flag, code], check=True)
    assert (tmp_path / "database_password").read_text() == password
    assert len(password) >= 32


def test_no_password_is_written_into_the_compose_file():
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    assert not re.search(r"POSTGRES_PASSWORD:|DATABASE_URL:", text)


def test_the_image_is_built_from_the_lock_and_runs_as_an_ordinary_user():
    text = (ROOT / "Dockerfile").read_text("utf-8")
    assert "--require-hashes -r requirements.lock" in text
    assert re.findall(r"^USER (.+)$", text, re.M) == ["runsous"]
    assert "/health" in text
    for image in re.findall(r"^FROM (\S+)", text, re.M):
        assert re.fullmatch(r"python:3\.\d+-slim", image)


def test_everything_the_image_copies_is_let_through():
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.M)
    let_through = (ROOT / ".dockerignore").read_text().splitlines()
    assert {f"!{name}" for line in copied for name in line.split()} <= set(let_through)
    assert let_through[0] == "*"


REPORT = """<testsuites><testsuite><testcase name="a">
<properties><property name="marker" value="browser"/></properties>{outcome}</testcase>
<testcase name="b"/></testsuite></testsuites>"""


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (REPORT.format(outcome=""), 0),
        (REPORT.format(outcome="<skipped/>"), 1),
        (REPORT.format(outcome="<failure/>"), 1),
        ("<testsuites><testsuite><testcase name='b'/></testsuite></testsuites>", 1),
    ],
)
def test_ci_fails_when_browser_tests_did_not_run(tmp_path, report, code):
    (tmp_path / "junit.xml").write_text(report)
    script = ROOT / ".ci" / "browser_tests_ran.py"
    done = subprocess.run(["python", script, tmp_path / "junit.xml"], check=False)
    assert done.returncode == code


def test_ci_can_be_run():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)

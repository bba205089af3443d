"""The API held against its own description by schemathesis, with data right and wrong."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as how
from hypothesis import strategies as some
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from runsous.web.door import API
from tests.sync import make
from tests.web.people import browser, cheap, configure, server

__all__ = ["browser", "cheap", "server"]

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]
EXAMPLES = {"local": 3, "accounts": 6}
"""Of an operation asked rightly or wrongly: more where more is behind it, others in each mode."""


@pytest.fixture
def _template_of_test(_anas_town) -> str:
    return str(_anas_town.template)


@pytest.fixture(params=["local", "accounts"])
def mode(request) -> str:
    return str(request.param)


@pytest.fixture
def asker(mode, server, engine, tmp_path, _anas_town) -> dict[str, Any]:
    """How to ask a server that has something to tell, in each mode."""
    one = _anas_town.move(engine, tmp_path)["ana"]
    if mode == "accounts":
        return {"headers": {"Authorization": f"Bearer {one.token}"}}
    # What there is is the local user's.
    with engine.begin() as conn:
        conn.exec_driver_sql("UPDATE users SET name = 'local'")
    configure(auth="local")
    return {"headers": {}}


def ids(engine) -> dict[str, Any]:
    """Of something there is, for each parameter of an address."""
    tables = {
        "activity_id": "activities",
        "import_id": "imports",
        "export_id": "data_exports",
        "token_id": "api_tokens",
        "run_id": "sync_runs",
        "track_id": "tracks",
    }
    found = {
        name: make.rows(engine, f"SELECT max(id::text) AS id FROM {table}")[0]["id"]
        for name, table in tables.items()
    }
    # Connected, but without the settings to call it with.
    found["service"] = "lastfm"
    return {name: value for name, value in found.items() if value is not None}


def hold(operation, generation, known: dict[str, Any], asker, mode) -> set[tuple[str, int]]:
    """Asks an operation with made-up data, and holds the answers against the description."""
    asked = set()

    @seed(len(mode))
    @how(
        max_examples=EXAMPLES[mode],
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=generation), is_there=some.booleans())
    def ask(case, is_there):
        if is_there:
            there = {name: known[name] for name in case.path_parameters or {} if name in known}
            case.path_parameters.update(there)
        answer = case.call(**asker)
        case.validate_response(answer, checks=CHECKS, **asker)
        asked.add((operation.label, answer.status_code))

    ask()
    return asked


def edges(described, operation, asker) -> set[tuple[str, int]]:
    """Asks with the values at and beyond each bound of the description, one after the other."""
    asked = set()
    for case in described.iter_coverage_cases(
        operation,
        generation_modes=list(GenerationMode),
        generation_config=described.config.generation,
    ):
        answer = case.call(**asker)
        case.validate_response(answer, checks=CHECKS, **asker)
        asked.add((operation.label, answer.status_code))
    return asked


def test_no_answer_is_a_servers_error_or_undescribed(asker, mode, server, engine):
    described = schemathesis.openapi.from_asgi(f"{API}openapi.json", server)
    operations = [result.ok() for result in described.get_all_operations()]
    asked = set()
    for operation in operations:
        asked |= hold(operation, GenerationMode.POSITIVE, ids(engine), asker, mode)
        asked |= edges(described, operation, asker)
        if operation.path_parameters or operation.query or operation.body:
            asked |= hold(operation, GenerationMode.NEGATIVE, ids(engine), asker, mode)
    # Right and wrong was really asked, of things that are there and of others.
    assert {200, 404, 422} <= {status for _, status in asked}
    assert {label for label, _ in asked} == {operation.label for operation in operations}
    assert len(operations) > 20


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "MOVE")


def test_a_method_there_is_not_is_refused_as_the_description_says(engine, asker, browser):
    client = browser(**asker)
    described = client.get(f"{API}openapi.json").json()["paths"]
    refused = 0
    for path, ways in described.items():
        allowed = {method.upper() for method in ways}
        for way in ways.values():
            assert list(way["responses"]["405"]["content"]) == ["application/problem+json"]
        for method in set(METHODS) - allowed:
            answer = client.request(method, f"/api/v1{path}")
            assert answer.status_code == 405, (method, path)
            assert answer.headers["content-type"] == "application/problem+json"
            assert set(answer.headers["allow"].split(", ")) == allowed
            assert method == "HEAD" or answer.json()["title"] == "Method not allowed"
            refused += 1
    assert refused > 100

import pytest

from runsous.accounts import farewell
from runsous.web.api import answers


@pytest.fixture(autouse=True)
def _empty():
    answers.forget()
    yield
    answers.forget()


def test_an_answer_is_made_once_for_each_key():
    made = []

    def make(name: str) -> bytes:
        made.append(name)
        return name.encode()

    for key in ("a", "b", "a", "b"):
        assert answers.kept(key, lambda key=key: make(key)) == key.encode()
    assert made == ["a", "b"]


def test_those_asked_for_longest_ago_go_first():
    third = b"x" * (answers._MOST_BYTES // 3)
    for key in range(3):
        answers.kept(key, lambda: third)
    answers.kept(0, lambda: b"made anew")
    answers.kept(3, lambda: third)
    assert answers.kept(0, lambda: b"made anew") == third
    assert answers.kept(1, lambda: b"made anew") == b"made anew"


def test_a_deleted_account_leaves_none():
    answers.kept("hers", lambda: b"her songs")
    for forget in farewell.forgetting:
        forget()
    assert answers.kept("hers", lambda: b"") == b""

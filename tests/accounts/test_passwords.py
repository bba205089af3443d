"""What is kept of a password, and what is accepted as one."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from runsous.accounts import passwords
from runsous.errors import InputError
from tests.web.people import cheap

__all__ = ["cheap"]


def test_what_is_kept_is_argon2id_with_a_salt_of_its_own_and_costs_an_attacker_memory():
    kept = [passwords.hashed("correct horse") for _ in range(2)]
    assert kept[0] != kept[1]
    made = extract_parameters(kept[0])
    # At least what OWASP's password storage cheat sheet asks for.
    assert made.type is Type.ID
    assert made.memory_cost * made.time_cost >= 19 * 1024 * 2
    assert made.salt_len >= 16


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize(
    "password",
    ["ten chars!", "x" * 1000, "пароль кириллицей", "with\x00NUL inside", "😀" * 10, " " * 10],
)
def test_a_password_of_any_characters_opens_with_itself_alone(password):
    kept = passwords.hashed(password)
    assert passwords.is_right(password, kept)
    assert not passwords.is_right(password + "x", kept)
    assert not passwords.is_right(password[:-1], kept)
    assert not passwords.is_right("", kept)


@pytest.mark.usefixtures("cheap")
def test_the_same_letter_typed_in_two_ways_is_the_same_password():
    assert passwords.is_right("schlu\u0308ssel bund", passwords.hashed("schl\u00fcssel bund"))


@pytest.mark.parametrize("password", ["", "nine char", "x" * 1001])
def test_a_password_too_short_or_too_long_is_not_accepted(password):
    with pytest.raises(InputError, match="10 to 1000"):
        passwords.hashed(password)


@pytest.mark.usefixtures("cheap")
def test_nothing_is_right_where_there_is_no_password_or_a_broken_hash():
    assert not passwords.is_right("the hash that is compared where there is no account", None)
    assert not passwords.is_right("anything at all", "no hash")


@pytest.mark.usefixtures("cheap")
def test_a_hash_made_with_less_effort_than_today_is_outdated(monkeypatch):
    kept = passwords.hashed("correct horse")
    assert not passwords.is_outdated(kept)
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(2, 16, 1))
    assert passwords.is_outdated(kept)

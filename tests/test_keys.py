import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from runsous.keys import CannotOpen, Keyring, Place

OLD, NEW = "o" * 48, "n" * 48
HERE = Place("connections", "secret", 7)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT)
def test_what_was_sealed_opens_where_it_was_sealed_for(plain):
    ring = Keyring([NEW])
    assert ring.open(ring.seal(plain, HERE), HERE) == plain


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("connections", "secret", 8),
        Place("connections", "username", 7),
        Place("users", "secret", 7),
        # The parts cannot be shifted into one another.
        Place("connections.secret#7", "", 0),
    ],
)
def test_moved_to_another_row_column_or_table_it_does_not_open(elsewhere):
    ring = Keyring([NEW])
    with pytest.raises(CannotOpen):
        ring.open(ring.seal("token", HERE), elsewhere)


def test_no_byte_of_it_can_be_changed():
    ring = Keyring([NEW])
    sealed = ring.seal("token", HERE)
    for n in range(len(sealed)):
        changed = sealed[:n] + bytes([sealed[n] ^ 1]) + sealed[n + 1 :]
        with pytest.raises(CannotOpen):
            ring.open(changed, HERE)
    for n in range(len(sealed)):
        with pytest.raises(CannotOpen):
            ring.open(sealed[:n], HERE)


def test_the_same_text_never_looks_the_same_and_is_not_in_what_is_stored():
    ring = Keyring([NEW])
    sealed = {ring.seal("a token that is long", HERE) for _ in range(100)}
    assert len(sealed) == 100
    assert not any(b"token" in one for one in sealed)


def test_it_is_aes_256_gcm_as_the_standard_has_it():
    sealed = Keyring([NEW]).seal("token", HERE)
    key = HKDF(SHA256(), 32, salt=None, info=b"runsous seal").derive(NEW.encode())
    opened = AESGCM(key).decrypt(sealed[5:17], sealed[17:], sealed[:5] + b"connections.secret#7")
    assert opened == b"token"


def test_an_old_key_still_opens_and_a_new_one_seals():
    sealed = Keyring([OLD]).seal("token", HERE)
    both = Keyring([NEW, OLD])
    assert both.open(sealed, HERE) == "token"
    assert not both.is_current(sealed)
    again = both.seal("token", HERE)
    assert both.is_current(again)
    assert Keyring([NEW]).open(again, HERE) == "token"


def test_a_key_that_is_gone_is_said_so():
    sealed = Keyring([OLD]).seal("token", HERE)
    with pytest.raises(CannotOpen, match="RUNSOUS_SECRET_KEY"):
        Keyring([NEW]).open(sealed, HERE)


def test_keys_are_not_shown():
    ring = Keyring([NEW, OLD])
    assert NEW[:5] not in repr(ring)
    assert NEW[:5] not in str(vars(ring))


def test_a_digest_depends_on_key_purpose_and_text():
    ring = Keyring([NEW])
    assert ring.digest("a", "b") == Keyring([NEW]).digest("a", "b")
    others = {ring.digest("a", "c"), ring.digest("ab", ""), Keyring([OLD]).digest("a", "b")}
    assert ring.digest("a", "b") not in others
    assert len(others) == 3


def test_what_was_counted_is_known_until_the_old_key_is_gone():
    old = Keyring([OLD]).digest("a", "b")
    assert Keyring([NEW, OLD]).digest("a", "b") == old
    assert Keyring([NEW]).digest("a", "b") != old


def test_a_mark_tells_whether_keys_are_the_same_and_nothing_else():
    assert Keyring([NEW]).mark == Keyring([NEW, OLD]).mark != Keyring([OLD]).mark
    assert Keyring([NEW]).seal("token", HERE).startswith(Keyring([NEW]).mark)
    assert Keyring([NEW, OLD]).know(Keyring([OLD]).mark)
    assert not Keyring([NEW]).know(Keyring([OLD]).mark)
    assert not Keyring([NEW]).know(b"")
    # Four bytes of a hash and the format.
    assert len(Keyring([NEW]).mark) == 5

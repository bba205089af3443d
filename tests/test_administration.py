"""The commands for whoever runs a server of accounts."""

import io
import sys

import pytest
from sqlalchemy import text

from runsous import cli, settings
from runsous.accounts import entry
from runsous.keys import Keyring
from runsous.settings import Settings
from runsous.store import accounts, audit, connections, key_mark

EMAIL, PASSWORD = "ana@example.org", "correct horse battery"


@pytest.fixture
def command(engine, monkeypatch):
    """Runs ``runsous`` on the test's database with a password piped in; its exit code."""

    def run(*arguments: str, password: str = PASSWORD) -> int:
        monkeypatch.setattr(sys, "stdin", io.StringIO(password + "\n"))
        return cli.main(arguments)

    settings.use(Settings(**{**vars(settings.current()), "auth": "accounts"}))
    return run


def signed_in(engine, password: str = PASSWORD) -> str | None:
    return entry.sign_in(engine, EMAIL, password, "127.0.0.1")


def test_someone_who_was_added_can_sign_in(command, engine, capsys):
    assert command("user", "add", "Ana@Example.org ") == 0
    assert signed_in(engine)
    assert not signed_in(engine, PASSWORD + "x")
    assert command("user", "list") == 0
    assert EMAIL in capsys.readouterr().out


def test_nobody_is_added_twice_or_with_a_short_password(command, engine, capsys):
    assert command("user", "add", EMAIL, password="ninechars") == 1
    assert "10" in capsys.readouterr().err
    assert command("user", "add", EMAIL) == 0
    assert command("user", "add", EMAIL, password="another password") == 1
    assert "already" in capsys.readouterr().err
    assert signed_in(engine)


def token_of(engine, email: str) -> str:
    with engine.begin() as conn:
        account = accounts.by_email(conn, email)
        wanted = entry.WantedToken(f"watch of {email}", ["read"], None)
        return entry.make_token(conn, account.id, wanted, "127.0.0.1")["token"]


def is_good(engine, token: str) -> bool:
    with engine.begin() as conn:
        return entry.by_token(conn, token) is not None


def test_a_reset_changes_the_password_and_ends_sessions_and_tokens(command, engine, capsys):
    command("user", "add", EMAIL)
    command("user", "add", "bo@example.org")
    secret, token = signed_in(engine), token_of(engine, EMAIL)
    others = token_of(engine, "bo@example.org")
    capsys.readouterr()
    assert command("user", "reset-password", EMAIL, password="quite another one") == 0
    assert "their API tokens are revoked" in capsys.readouterr().out
    with engine.begin() as conn:
        assert entry.by_session(conn, secret) is None
        newest = audit.newest(conn, accounts.by_email(conn, EMAIL).id, 2)
    assert not is_good(engine, token)
    assert is_good(engine, others)
    assert [(line["action"], line["detail"]) for line in newest] == [
        ("token revoked", f"watch of {EMAIL}"),
        ("password changed", "by the administrator"),
    ]
    assert not signed_in(engine)
    assert signed_in(engine, "quite another one")


def test_a_password_that_is_refused_resets_nothing(command, engine):
    command("user", "add", EMAIL)
    secret, token = signed_in(engine), token_of(engine, EMAIL)
    assert command("user", "reset-password", EMAIL, password="short") == 1
    with engine.begin() as conn:
        assert entry.by_session(conn, secret)
    assert is_good(engine, token)
    assert signed_in(engine)


def test_who_is_disabled_stays_out_until_enabled(command, engine, capsys):
    command("user", "add", EMAIL)
    secret, token = signed_in(engine), token_of(engine, EMAIL)
    capsys.readouterr()
    assert command("user", "disable", EMAIL) == 0
    assert "API tokens are refused until enabled" in capsys.readouterr().out
    assert not signed_in(engine)
    assert not is_good(engine, token)
    assert command("user", "enable", EMAIL) == 0
    assert "API tokens work again" in capsys.readouterr().out
    with engine.begin() as conn:
        assert entry.by_session(conn, secret) is None
    assert signed_in(engine)
    assert is_good(engine, token)


def test_an_unknown_e_mail_is_said_so(command, capsys):
    assert command("user", "disable", EMAIL) == 1
    assert EMAIL in capsys.readouterr().err


def test_what_local_mode_imported_can_be_adopted(command, engine, tmp_path):
    with engine.begin() as conn:
        local = conn.execute(
            text("INSERT INTO users (name) VALUES ('local') RETURNING id")
        ).scalar_one()
    assert command("user", "add", EMAIL, "--adopt-local") == 0
    with engine.begin() as conn:
        kept = conn.execute(text("SELECT id, email FROM users")).all()
    assert [tuple(row) for row in kept] == [(local, EMAIL)]


def test_an_invitation_opens_one_account(command, engine, capsys):
    settings.use(Settings(**{**vars(settings.current()), "registration": "invite"}))
    assert command("user", "invite") == 0
    code = capsys.readouterr().out.split()[0]
    entry.register(engine, EMAIL, PASSWORD, code, "127.0.0.1")
    assert signed_in(engine)
    with pytest.raises(entry.InputError):
        entry.register(engine, "bo@example.org", PASSWORD, code, "127.0.0.1")


def test_an_import_says_whose_it_is(command, engine, tmp_path, capsys):
    file = tmp_path / "notes.txt"
    file.write_text("nothing")
    command("user", "add", EMAIL)
    capsys.readouterr()
    assert command("import", str(file)) == 1
    assert "--user" in capsys.readouterr().err
    command("import", str(file), "--user", EMAIL)
    with engine.begin() as conn:
        owners = conn.execute(
            text("SELECT u.email FROM imports i JOIN users u ON u.id = i.user_id")
        ).scalars()
        assert owners.all() == [EMAIL]


def test_a_new_key_seals_what_the_old_one_sealed(command, engine, home):
    command("user", "add", EMAIL)
    old = settings.secret_keys(settings.current())
    with engine.begin() as conn:
        user_id = conn.execute(text("SELECT id FROM users")).scalar_one()
        connections.connect(conn, user_id, "strava", connections.Account("1"), 3600)
        connections.save(conn, user_id, "strava", "a token", Keyring(old))
    assert command("rotate-key", "--forget-old") == 0
    new = settings.secret_keys(settings.current())
    assert not set(new) & set(old)
    with engine.begin() as conn:
        assert connections.secret(conn, user_id, "strava", Keyring(new)) == "a token"


def test_a_configured_key_is_rotated_by_whoever_configures_it(command, engine, capsys):
    one = {**vars(settings.current()), "secrets": ("o" * 40,)}
    settings.use(Settings(**one))
    assert command("rotate-key") == 1
    assert "in front" in capsys.readouterr().err
    settings.use(Settings(**{**one, "secrets": ("n" * 40, "o" * 40)}))
    assert command("rotate-key") == 0


def test_after_rotation_the_database_goes_with_the_new_key(command, engine, home):
    key_mark.check(engine, settings.current())
    assert command("rotate-key", "--forget-old") == 0
    key_mark.check(engine, settings.current())


def test_who_lacks_the_databases_key_cannot_rotate_it_but_can_give_it_up(
    command, engine, tmp_path, capsys
):
    command("user", "add", EMAIL)
    ours = settings.current()
    key_mark.check(engine, ours)
    with engine.begin() as conn:
        user_id = conn.execute(text("SELECT id FROM users")).scalar_one()
        connections.connect(conn, user_id, "strava", connections.Account("1"), 3600)
        connections.save(conn, user_id, "strava", "a token", Keyring(settings.secret_keys(ours)))
    other = Settings(**{**vars(ours), "home": tmp_path / "other"})
    settings.use(other)
    assert command("rotate-key") == 1
    assert "RUNSOUS_SECRET_KEY" in capsys.readouterr().err
    assert len(settings.secret_keys(other)) == 1
    with engine.begin() as conn:
        keys = Keyring(settings.secret_keys(ours))
        assert connections.secret(conn, user_id, "strava", keys) == "a token"
    assert command("rotate-key", "--lost") == 0
    assert "1 secrets" in capsys.readouterr().out
    key_mark.check(engine, other)

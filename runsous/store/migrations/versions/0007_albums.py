"""Albums: one entry each instead of a text at every track"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# The keys as albums got them when this was written: a migration does not change with the code.
_EDITION = re.compile(
    r"(?!.*\b(?:live|unplugged|concert|acoustic|instrumentals?|remix(?:es|ed)?|karaoke|demos?)\b)"
    r"(?:.*\b(?:deluxe|expanded|edition|édition|edición|edição|edizione|re-?issued?)\b.*"
    r"|(?:\d+(?:st|nd|rd|th) )?anniversary(?: (?:version|release))?"
    r"|(?:with )?bonus (?:tracks?|dis[ck]|cd)(?: version)?|(?:dis[ck]|cd) \d+)",
    re.IGNORECASE,
)
_YEAR = r"(?:19|20)\d\d"
_MARK = re.compile(
    rf"\b(?:{_YEAR} )?(?:\d+(?:st|nd|rd|th) anniversary )?(?:digital(?:ly)? )?re-?master(?:ed)?\b"
    rf"(?: (?:version|edition|mono|stereo))*(?: (?:in )?{_YEAR})?(?: (?:version|edition))?\b"
    rf"|\b(?:{_YEAR} )?(?:mono|stereo)\b(?! mix)(?: version)?\b"
    r"|\bexplicit\b(?: (?:version|lyrics|content))?\b"
    r"|\b(?:original )?(?:album|single|lp) version\b"
    r"|\bbonus track\b"
)
_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_DASH = re.compile(r"\s[-–—]\s")
_GUEST = re.compile(r"\s*(?:feat|ft|featuring|with)\b")
_GUESTS = re.compile(r"(?<!\d)\s(?:feat|ft|featuring)\b\.?\s[^(\[]*?(?=\s[-–—]\s|[(\[]|$)")
_AND = re.compile(r"\s*&\s*|\s\+\s|\s['’‘]?n['’‘]?\s")
_DISGUISE = re.compile(r"(?<=[a-z])[$!](?=[a-z])")
_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)


def upgrade() -> None:
    op.create_table(
        "albums",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("artist_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["artist_id", "user_id"],
            ["artists.id", "artists.user_id"],
            name="fk_albums_artists",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_albums"),
        sa.UniqueConstraint("id", "user_id", name="uq_albums_id_user_id"),
        sa.UniqueConstraint("user_id", "artist_id", "key", name="uq_albums_user_id_artist_id_key"),
    )
    op.add_column("tracks", sa.Column("album_id", sa.BigInteger(), nullable=True))
    _take_over()
    op.create_foreign_key(
        "fk_tracks_albums",
        "tracks",
        "albums",
        ["album_id", "user_id"],
        ["id", "user_id"],
        ondelete="SET NULL (album_id)",
    )
    op.create_index("ix_tracks_album_id", "tracks", ["album_id"])
    op.drop_column("tracks", "album")


def _take_over() -> None:
    conn = op.get_bind()
    named = sa.text("SELECT DISTINCT album FROM tracks WHERE album IS NOT NULL")
    names = list(conn.execute(named).scalars())
    conn.execute(
        sa.text(
            "CREATE TEMP TABLE album_keys ON COMMIT DROP AS SELECT * FROM"
            " unnest(CAST(:names AS text[]), CAST(:keys AS text[])) k (name, key)"
        ),
        {"names": names, "keys": [_key(name) for name in names]},
    )
    op.execute(
        "INSERT INTO albums (user_id, artist_id, key, name)"
        " SELECT DISTINCT ON (t.user_id, t.artist_id, k.key) t.user_id, t.artist_id, k.key, k.name"
        " FROM tracks t JOIN album_keys k ON k.name = t.album"
        ' ORDER BY t.user_id, t.artist_id, k.key, length(k.name), k.name COLLATE "C"'
    )
    op.execute(
        "UPDATE tracks t SET album_id = b.id FROM album_keys k, albums b WHERE k.name = t.album"
        " AND (b.user_id, b.artist_id, b.key) = (t.user_id, t.artist_id, k.key)"
    )
    op.execute("DROP TABLE album_keys")


def _key(name: str) -> str:
    lower = _folded(_without_editions(name))
    return _letters(_worded(_without_extras(lower))) or _letters(_worded(lower)) or lower or "?"


def _without_editions(name: str) -> str:
    bare = _BRACKETS.sub(lambda found: " " if _EDITION.fullmatch(found[1]) else found[0], name)
    head, *tails = _DASH.split(bare)
    kept = [head, *(tail for tail in tails if not _EDITION.fullmatch(tail.strip()))]
    return " - ".join(kept).strip() or name


def _folded(name: str) -> str:
    apart = unicodedata.normalize("NFKD", name).casefold()
    bare = "".join(c for c in apart if not "\u0300" <= c <= "\u036f")
    return " ".join(unicodedata.normalize("NFKC", bare).translate(_LETTERS).split())


def _without_extras(lower: str) -> str:
    plain = _GUESTS.sub("", lower)
    for _ in range(3):
        plain = _BRACKETS.sub(_kept, plain)
    head, *tails = _DASH.split(plain)
    return " ".join([head, *(_MARK.sub(" ", tail) for tail in tails)])


def _kept(bracket: re.Match[str]) -> str:
    inner = bracket[1]
    return " " if _GUEST.match(inner) else f" {_MARK.sub(' ', inner)} "


def _worded(lower: str) -> str:
    plain = _DISGUISE.sub(lambda sign: {"$": "s", "!": "i"}[sign[0]], lower)
    return re.sub(r"\bpt\b", "part", re.sub(r"[.'’‘`´]", "", _AND.sub(" and ", plain)))


def _letters(words: str) -> str:
    return "".join(c for c in words if c.isalnum() or unicodedata.category(c)[0] == "M")

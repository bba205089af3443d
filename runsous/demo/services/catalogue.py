"""The truth about recordings, of which the simulated tempo services know a part."""

from __future__ import annotations

import hashlib
import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from runsous.demo.services.world import Song, World
from runsous.demo.songs import songs

_WORD: Final = re.compile(r"\w+")
_SHARE_MERGED: Final = 0.08
_SHARE_TWICE: Final = 0.2
_SHARE_LIVE: Final = 0.12
_YEARS: Final = range(1995, 2026)
_PER_ARTIST: Final = 12


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording with its true tempo and all ids that it has anywhere.

    ``mbid`` is its present one, ``merged`` are those that were merged into it. ``version`` is
    what it is called where it is not the usual one ("live").
    """

    artist: str
    title: str
    album: str
    duration_ms: int
    bpm: float
    year: int = 2015
    version: str = ""
    isrcs: tuple[str, ...] = ()
    mbid: str | None = None
    merged: tuple[str, ...] = ()
    spotify_ids: tuple[str, ...] = ()
    deezer_ids: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """What tells it from all others, for whatever is up to chance."""
        return f"{self.artist}/{self.title}/{self.album}/{self.version}/{self.duration_ms}"


@dataclass(frozen=True, slots=True)
class Mood:
    """How music feels: the first three from 0 to 1, ``key`` from C, ``mode`` 1 in major."""

    energy: float
    danceability: float
    valence: float
    key: int
    mode: int


class Catalogue:
    """Recordings by whatever they are asked for."""

    def __init__(self, recordings: Iterable[Recording] = ()) -> None:
        self.recordings: list[Recording] = []
        self.by_mbid: dict[str, Recording] = {}
        self.by_isrc: dict[str, list[Recording]] = defaultdict(list)
        self.by_spotify: dict[str, Recording] = {}
        self.by_deezer: dict[int, Recording] = {}
        self._by_word: dict[str, set[int]] = defaultdict(set)
        for each in recordings:
            self.add(each)

    def add(self, recording: Recording) -> None:
        """One more recording."""
        for mbid in (recording.mbid, *recording.merged):
            if mbid is not None:
                self.by_mbid[mbid] = recording
        for isrc in recording.isrcs:
            self.by_isrc[isrc].append(recording)
        self.by_spotify |= dict.fromkeys(recording.spotify_ids, recording)
        self.by_deezer |= dict.fromkeys(recording.deezer_ids, recording)
        for word in _words(f"{recording.artist} {recording.title}"):
            self._by_word[word].add(len(self.recordings))
        self.recordings.append(recording)

    def search(self, text: str) -> list[Recording]:
        """Those with all words of ``text`` in artist and title, the shortest names first."""
        found = [self._by_word.get(word, set()) for word in _words(text)]
        rows = set.intersection(*sorted(found, key=len)) if found else set()
        hits = [self.recordings[row] for row in sorted(rows)]
        return sorted(hits, key=lambda each: len(each.artist) + len(each.title))


def of_world(world: World) -> Catalogue:
    """What the people of a world heard; the sample's songs with the tempo they truly have, and
    of some a live recording besides, that has the same name and another tempo.
    """
    known = songs()
    names = zip(known.artist, known.title, strict=True)
    tempos = dict(zip(names, known.tempo_bpm.tolist(), strict=True))
    heard = {
        id(listen.song): listen.song
        for person in world.people.values()
        for listens in person.listens.values()
        for listen in listens
    }
    distinct = dict.fromkeys(heard.values())
    made = [recording(song, tempos.get((song.artist, song.title))) for song in distinct]
    return Catalogue([*made, *_live(made)])


def made_up(count: int, seed: int = 1) -> Catalogue:
    """So many recordings of a dozen each by invented artists."""
    chance = random.Random(seed)  # noqa: S311
    return Catalogue(
        recording(
            Song(
                artist=f"Invented Artist {number // _PER_ARTIST}",
                title=f"Title {number}",
                album=f"Album {number // _PER_ARTIST}",
                duration_ms=chance.randrange(120_000, 360_000),
            )
        )
        for number in range(count)
    )


def recording(song: Song, bpm: float | None = None, **facts: Any) -> Recording:
    """The recording that a song is, with invented ids where it has none, and an invented tempo
    if none is given; ``facts`` are further fields of :class:`Recording`.

    Some had another MBID before, which is the one that people have; some are twice at Spotify
    or at Deezer.
    """
    digest = _digest(song.artist, song.title, song.album, song.duration_ms)
    chance = random.Random(digest)  # noqa: S311
    tempo = round(chance.uniform(70, 185), 1)
    is_merged, is_twice_there, is_twice_here = (
        chance.random() < share for share in (_SHARE_MERGED, _SHARE_TWICE, _SHARE_TWICE)
    )
    mbid = song.mbid or _uuid(digest)
    spotify_id = song.spotify_id or digest[:22]
    made = Recording(
        artist=song.artist,
        title=song.title,
        album=song.album,
        duration_ms=song.duration_ms,
        bpm=tempo if bpm is None else bpm,
        year=chance.choice(_YEARS),
        isrcs=(song.isrc or _isrc(digest),),
        mbid=_uuid(_digest("merged", digest)) if is_merged else mbid,
        merged=(mbid,) if is_merged else (),
        spotify_ids=(spotify_id, _digest("again", digest)[:22])
        if is_twice_there
        else (spotify_id,),
        deezer_ids=_numbers(digest)[: 2 if is_twice_here else 1],
    )
    return replace(made, **facts)


def mood(recording: Recording) -> Mood:
    """How a recording feels."""
    chance = random.Random(f"mood/{recording.key}")  # noqa: S311
    energy, danceability, valence = (round(chance.random(), 3) for _ in range(3))
    return Mood(energy, danceability, valence, chance.randrange(12), chance.randrange(2))


def uuid_of(*names: str) -> str:
    """The id that a service has given to what is called so."""
    return _uuid(_digest(*names))


def _live(made: Iterable[Recording]) -> Iterator[Recording]:
    for each in made:
        chance = random.Random(f"live/{each.key}")  # noqa: S311
        if chance.random() < _SHARE_LIVE:
            song = Song(
                each.artist,
                each.title,
                f"{each.album} (Live)",
                each.duration_ms + chance.randrange(15_000, 60_000),
            )
            yield recording(song, round(each.bpm * chance.uniform(1.03, 1.12), 1), version="live")


def _words(text: str) -> set[str]:
    """The words of a text in lower case, without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return set(_WORD.findall("".join(c for c in plain if not unicodedata.combining(c))))


def _digest(*parts: object) -> str:
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()


def _uuid(digest: str) -> str:
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


def _isrc(digest: str) -> str:
    """Of a registrant that nobody has been given."""
    return f"ZZ{digest[:3].upper()}{int(digest[3:12], 16) % 10**7:07}"


def _numbers(digest: str) -> tuple[int, int]:
    return int(digest[:9], 16), int(digest[9:18], 16)

"""How each source is asked for songs: by the ids it knows them by first, then by their names.

Whatever comes back counts only as far as it goes with the song's name and length: a tempo of
another song is worse than none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Engine

from runsous import settings
from runsous.analysis import matching, names
from runsous.analysis.matching import Recording
from runsous.errors import NotConnected
from runsous.keys import Keyring
from runsous.model import SongFacts
from runsous.net.http import Http
from runsous.services.acousticbrainz.client import AcousticBrainz
from runsous.services.deezer.client import Deezer
from runsous.services.musicbrainz.client import MusicBrainz
from runsous.services.reccobeats.client import ReccoBeats
from runsous.services.spotify.client import Spotify
from runsous.store import connections
from runsous.store.song_facts import Known
from runsous.store.song_queue import Wanted
from runsous.sync import services
from runsous.sync.patience import Patience
from runsous.sync.tokens import Permission

_WEEK, _MONTH, _YEAR = (timedelta(days=n) for n in (7, 30, 365))
_CANDIDATES = 2
"""Of several recordings that go with a song, those that are asked for their tempo."""

_MORE = 10
"""Further songs of an artist that are taken in."""


@dataclass
class Found:
    """What a source said of a song, asked with these ids (``search``: by its name), and the ids
    ``(kind, value, match)`` it is known by from now on; a match of 0 says that one leads astray.
    """

    song: Wanted
    known: list[Known] = field(default_factory=list)
    asked_with: list[str] = field(default_factory=list)
    ids: list[tuple[str, str, float]] = field(default_factory=list)

    def take(self, facts: Iterable[SongFacts]) -> list[Known]:
        """Keeps what goes with the song, the best first, and learns its ids."""
        kept = []
        for each in facts:
            match = score(self.song, each)
            if match < matching.THRESHOLD:
                continue
            kept.append(Known(each, match))
            told = [("mbid", each.mbid), ("spotify", each.spotify_id)]
            told += [("deezer", each.identifier)] if each.source == "deezer" else []
            told += [("isrc", isrc) for isrc in each.isrcs]
            self.ids += [(kind, value, match) for kind, value in told if value]
        kept.sort(key=lambda known: -known.match)
        self.known += kept
        return kept


Asking = Callable[[Sequence[Wanted]], list[Found]]


@dataclass(frozen=True)
class Room:
    """A source: what asks it through a gate, of how many songs at once, when again for what it
    knows and what it does not; ``discover`` makes what finds more songs of an artist.
    """

    opened: Callable[[Engine, Patience], Asking]
    most: int = 1
    again: timedelta = _MONTH
    unknown_again: timedelta = _WEEK
    discover: Callable[[Patience], Callable[[str], list[SongFacts]]] | None = None


def score(song: Wanted, facts: SongFacts) -> float:
    """How well what a source names goes with a song, 0 to 1."""
    # What is found by its id need not say what it is called: then its length has to fit.
    named = facts.artist or song.artist, facts.title or song.title
    album = facts.album if facts.title else song.album
    found = Recording(*named, facts.duration_s, album)
    return matching.score(_recording(song), found)


def _recording(song: Wanted) -> Recording:
    # Its ids tell nothing here: anybody's history may have named them.
    return Recording(song.artist, song.title, song.duration_s, song.album)


def _each(ask: Callable[[Any, Found], None], api: Any) -> Asking:
    def asking(songs: Sequence[Wanted]) -> list[Found]:
        found = [Found(song) for song in songs]
        for each in found:
            ask(api, each)
        return found

    return asking


def _deezer(api: Deezer, found: Found) -> None:
    song = found.song
    by_id: list[tuple[str, str, Callable[[str], SongFacts | None]]]
    by_id = [("deezer", number, api.track) for number in song.ids.get("deezer", ())[:1]]
    by_id += [("isrc", isrc, api.by_isrc) for isrc in song.ids.get("isrc", ())[:2]]
    for kind, value, ask in by_id:
        found.asked_with.append(f"{kind}:{value}")
        if any(known.facts.bpm for known in found.take(_as_list(ask(value)))):
            return
    if "search" in song.tried:
        return
    # Of several copies of a recording often one alone has the tempo.
    found.asked_with.append("search")
    hits = Found(song).take(api.search(song.artist, song.title))
    seen = {known.facts.identifier for known in found.known}
    for hit in [hit for hit in hits if hit.facts.identifier not in seen][:_CANDIDATES]:
        told = found.take(_as_list(api.track(hit.facts.identifier)))
        if any(known.facts.bpm is not None for known in told):
            return


def _more_of(patience: Patience) -> Callable[[str], list[SongFacts]]:
    """Finds songs whose first artist is the one asked for."""
    api = Deezer(_api("deezer", patience))

    def find(artist: str) -> list[SongFacts]:
        told = [each for each in api.search(artist, "") if each.artist and each.title]
        key = names.artist(artist)
        return [each for each in told if names.artist(str(each.artist)) == key][:_MORE]

    return find


def _musicbrainz(api: MusicBrainz, found: Found) -> None:
    song = found.song
    for mbid in song.ids.get("mbid", ())[:1]:
        found.asked_with.append(f"mbid:{mbid}")
        told = _as_list(api.recording(mbid))
        if found.take(told):
            # Under the old id of a merged recording others may still know it.
            found.ids.append(("mbid", mbid, found.known[0].match))
            return
        found.ids.append(("mbid", mbid, 0.0))
    for isrc in song.ids.get("isrc", ())[:1]:
        found.asked_with.append(f"isrc:{isrc}")
        if _best(found, api.by_isrc(isrc)):
            return
    if "search" in song.tried:
        return
    found.asked_with.append("search")
    if _best(found, api.search(song.artist, song.title)) and not song.ids.get("isrc"):
        # A search tells no codes, by which others know it.
        told = _as_list(api.recording(found.known[0].facts.identifier))
        found.known.clear()
        found.take(told)


def _best(found: Found, told: Sequence[SongFacts]) -> bool:
    """Takes the one recording that goes with the song, if that can be told."""
    candidates = [Recording(f.artist or "", f.title or "", f.duration_s, f.album) for f in told]
    at = matching.best(_recording(found.song), candidates)
    return at is not None and bool(found.take([told[at]]))


def _reccobeats(api: ReccoBeats, songs: Sequence[Wanted]) -> list[Found]:
    found, by_id = [Found(song) for song in songs], dict[str, list[Found]]()
    for each in found:
        kind, valid = "spotify", each.song.ids.get("spotify", ())
        if not valid:
            kind, valid = "isrc", each.song.ids.get("isrc", ())
        for known in valid[:1]:
            by_id.setdefault(known, []).append(each)
            each.asked_with.append(f"{kind}:{known}")
    named = api.tracks(list(by_id)) if by_id else []
    # The tempo comes apart from the name: both are of the track that they lead to at Spotify.
    told = {}
    for facts in api.features(list(by_id)) if named else []:
        told[facts.spotify_id or facts.identifier] = facts
    for facts in named:
        heard = told.get(facts.spotify_id or facts.identifier)
        for each in by_id[facts.asked]:
            each.take([facts if heard is None else _with_features(facts, heard)])
    return found


def _with_features(named: SongFacts, told: SongFacts) -> SongFacts:
    traits = ("bpm", "energy", "danceability", "valence", "key", "mode")
    return replace(named, **{name: getattr(told, name) for name in traits})


def _acousticbrainz(api: AcousticBrainz, songs: Sequence[Wanted]) -> list[Found]:
    return _by_id(songs, "mbid", api.low_level)


def _by_id(
    songs: Sequence[Wanted],
    kind: str,
    ask: Callable[[list[str]], list[SongFacts]],
) -> list[Found]:
    """Asks by the best id of each song."""
    found, by_id = [Found(song) for song in songs], dict[str, list[Found]]()
    for each in found:
        for known in each.song.ids.get(kind, ())[:1]:
            by_id.setdefault(known, []).append(each)
            each.asked_with.append(f"{kind}:{known}")
    for facts in ask(list(by_id)) if by_id else []:
        for each in by_id.get(facts.asked, ()):
            each.take([facts])
    return found


def _opened_spotify(engine: Engine, patience: Patience) -> Asking:
    with engine.begin() as conn:
        user_id = connections.anybody(conn, services.SPOTIFY)
    if user_id is None:
        raise NotConnected("Nobody here has connected Spotify.")
    keys = Keyring(settings.secret_keys(settings.current()))
    renew = services.renewal(services.SPOTIFY, patience)
    permission = Permission(engine, user_id, services.SPOTIFY, keys, renew)
    api = services.spotify_api(patience)

    def features(ids: list[str]) -> list[SongFacts]:
        return permission.use(lambda token: Spotify(api, token).audio_features(ids))

    return lambda songs: _by_id(songs, "spotify", features)


def _as_list(told: SongFacts | None) -> list[SongFacts]:
    return [] if told is None else [told]


def _api(service: str, patience: Patience) -> Http:
    base: str = getattr(settings.current().services, f"{service}_api_url")
    return services.http(service, base, patience)


ROOMS: dict[str, Room] = {
    "deezer": Room(lambda _, gate: _each(_deezer, Deezer(_api("deezer", gate))), discover=_more_of),
    "musicbrainz": Room(
        lambda _, gate: _each(_musicbrainz, MusicBrainz(_api("musicbrainz", gate)))
    ),
    "reccobeats": Room(
        lambda _, gate: partial(_reccobeats, ReccoBeats(_api("reccobeats", gate))), most=40
    ),
    # Nothing has come to it since 2022, and nothing will.
    "acousticbrainz": Room(
        lambda _, gate: partial(_acousticbrainz, AcousticBrainz(_api("acousticbrainz", gate))),
        most=25,
        again=_YEAR,
        unknown_again=_YEAR,
    ),
    "spotify": Room(_opened_spotify, most=100),
}
"""How each of ``store.song_queue.WAYS`` is asked."""

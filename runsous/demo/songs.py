"""The sample runner's music: invented artists with invented songs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from runsous.demo.curves import Floats

_GENRES: Final = {
    "ballad": ((70, 88), (225, 320)),
    "hip hop": ((84, 98), (160, 235)),
    "folk": ((96, 118), (175, 260)),
    "indie": ((112, 138), (185, 265)),
    "house": ((120, 127), (215, 320)),
    "synth": ((124, 148), (190, 270)),
    "power pop": ((148, 166), (165, 225)),
    "trance": ((138, 146), (230, 320)),
    "punk": ((164, 184), (150, 200)),
    "drum and bass": ((170, 176), (200, 290)),
}
"""Beats per minute and seconds in which each genre's songs lie."""

_ARTISTS: Final = (
    (
        "Paper Orchard",
        "indie",
        "Windfall Year",
        "Cold Tap Summer/Ladders/The Long Allotment/Bruise",
    ),
    ("Nachtbus nach Süden", "synth", "Haltewunsch", "Türen öffnen selbsttätig/Linie 58/Übermüdet"),
    ("Velour Turnstile", "house", "Second Platform", "Token/Mezzanine Heat/Hold the Rail/Exit B"),
    ("Gravel & Gold Teeth", "punk", "Potholes", "Skinned Knees Club/No Brakes, No Notes/Kerb/Spit"),
    ("Ylva Sundström Trio", "ballad", "Innan isen går", "Två lampor/Sjörök/Långsam post"),
    ("氷時計", "power pop", "まわり道", "坂道ランナー/青信号/改札の向こう/夏の終電"),
    (
        "Les Parapluies Pressés",
        "indie",
        "Météo marine",
        "Quai numéro douze/Déjà l'orage/Élise court",
    ),
    (
        "Pocket Glacier",
        "trance",
        "Meltwater",
        "Moraine/Crevasse Lights/Blue Hour, Blue Ice/Calving Season",
    ),
    ("Señor Cumulus", "hip hop", "Altitud", "Mañana sin prisa/Señales/Piso catorce"),
    ("Half Past Heron", "folk", "Reed Songs", "Lockkeeper's Daughter/Slow Weir/Towpath Hymn"),
    ("Kilowatt Pony", "drum and bass", "Paddock", "Overbridle/Static Mane/Canter Sequence/Fence"),
    (
        "Die Kurzstrecke",
        "punk",
        "Nicht hier abstellen",
        "Ampelmann a. D./Kaputtgespart/Zu spät dran",
    ),
    ("Marzipan Voltage", "synth", "Sugar Grid", "Almond Circuit/Brownout/Candied Wires/Fuse"),
    ("Otis Farrowby", "ballad", "Kitchen Tapes", "Kettle On/Your Side of the Hedge/Slow Sunday"),
    ("Hanazono Elevator", "power pop", "Floor 0", "Upward Girl/Doors Closing/13階の約束/屋上まで"),
    ("Tidal Stationery", "indie", "Letterhead", "Dear Lighthouse/Envelope Weather/Franked"),
    ("Brass Lichen", "hip hop", "Slow Growers", "North Wall/Rootless/Damp Boots/Spore Talk"),
    (
        "Nocturne Garage Sale",
        "house",
        "Everything Goes",
        "Lamp, Slightly Used/Haggle/Driveway at 3",
    ),
    ("Óðinn's Umbrella", "trance", "Regnbogi", "Vatnið/Skýjaborg/Eldhús kl. 5"),
    (
        "Sprint Finnish",
        "punk",
        "Sisu Later",
        "Last Lap Lahti/Sauna Then Sorry/Spikes On/Pole Position Sauna",
    ),
    ("Amber Semaphore", "power pop", "Signals", "Wave Back/Flag Day/Two Arms, No Words/Relay"),
    ("Kwartet Łąkowy", "folk", "Po sianokosach", "Świt nad łąką/Żuraw/Cicho, ciszej"),
    (
        "Rooftop Cartographers",
        "indie",
        "Legend & Scale",
        "Contour Lines/You Are Here/Terra Incognito",
    ),
    ("Vesper Motorik", "synth", "Autohof", "Kilometer 99/Standspur/Raststätte bei Nacht/Tempo 130"),
    ("Clementine Fuse", "drum and bass", "Peel", "Zest/Segment/Pith and Vinegar/Rind Rush"),
    ("Mr. Lindqvist's Bicycle", "folk", "Bell & Basket", "Puncture Waltz/Downhill to Mother's"),
    ("Neon Apiary", "house", "Hive Hours", "Waggle/Smoke the Floor/Queenless"),
    ("São Longe", "indie", "Maré baixa", "Coração de cais/Amanhã eu corro/Vento norte"),
    ("Cardboard Comet", "power pop", "Tail of Tape", "Launchpad Kitchen/Orbit Me/Re-entry/Fizz"),
    (
        "Tante Ilse Soundsystem",
        "drum and bass",
        "Kaffeefahrt",
        "Sahnehäubchen/Heizdecke/Bus zurück",
    ),
    (
        "Winter Tyres",
        "punk",
        "Until Easter",
        "Black Ice Romance/Jump Leads/Rust Never Asks/Grit Bin",
    ),
    ("Copper Aubade", "ballad", "Before the Bins", "First Tram/Half-Light/Milk Float"),
    ("ΔSenke", "trance", "Gefälle", "Talfahrt/Sohle/Anstieg/Kehre"),
    ("Junie Okafor-Bell", "hip hop", "Bus Pass", "Top Deck/Change for a Tenner/Aunties' Table"),
    (
        "Ferngespräch Lissabon",
        "synth",
        "R-Gespräch",
        "Freizeichen/Bitte auflegen/Wähltöne/Ortszeit",
    ),
)
"""Artist, genre, album, songs."""


@dataclass(frozen=True)
class Songs:
    """One row per song; ``since`` is the share of the season after which it was discovered."""

    artist: tuple[str, ...]
    title: tuple[str, ...]
    album: tuple[str, ...]
    duration_s: NDArray[np.int64]
    tempo_bpm: Floats
    since: Floats

    def __len__(self) -> int:
        return len(self.title)


@cache
def songs() -> Songs:
    """All songs; their tempo and length belong to them, whatever the season's seed."""
    rows = [
        (artist, genre, album, title)
        for artist, genre, album, titles in _ARTISTS
        for title in titles.split("/")
    ]
    rng = np.random.default_rng(120)
    spans = np.array([_GENRES[genre] for _, genre, _, _ in rows], dtype=float)
    where = rng.random((2, len(rows)))
    low, high = spans[:, :, 0].T, spans[:, :, 1].T
    tempo, length = low + where * (high - low)
    return Songs(
        artist=tuple(row[0] for row in rows),
        album=tuple(row[2] for row in rows),
        title=tuple(row[3] for row in rows),
        duration_s=length.round().astype(np.int64),
        tempo_bpm=tempo.round(1),
        since=np.where(rng.random(len(rows)) < 0.6, 0.0, rng.random(len(rows)) * 0.9),
    )

"""Where the sample runner runs: paths along the Isar and through the English Garden, Munich."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from runsous.demo.curves import Floats, smoothed, through

METRES_NORTH: Final = 111_195.0
"""Metres in a degree of latitude."""

METRES_EAST: Final = 74_270.0
"""Metres in a degree of longitude at 48.1° N."""

_PLACES: Final = {
    # Home, its crossroads, and the west bank from south to north.
    "home": (48.1249, 11.5628, 519),
    "kapuziner": (48.1236, 11.5662, 518),
    "wittelsbacher_w": (48.1229, 11.5677, 517),
    "thalkirchner_w": (48.1010, 11.5480, 524),
    "canal_1": (48.1033, 11.5499, 523),
    "canal_2": (48.1053, 11.5513, 522),
    "canal_3": (48.1074, 11.5518, 521),
    "flaucher_1": (48.1080, 11.5542, 521),
    "flaucher_2": (48.1083, 11.5567, 520),
    "flaucher_3": (48.1093, 11.5587, 519),
    "brudermuehl_w": (48.1122, 11.5592, 518),
    "gravel_w": (48.1150, 11.5588, 517),
    "braunau_w": (48.1180, 11.5601, 517),
    "meadow_w": (48.1204, 11.5640, 516),
    "baldeplatz": (48.1224, 11.5673, 516),
    "poplars_w": (48.1246, 11.5703, 515),
    "reichenbach_w": (48.1276, 11.5761, 514),
    "cornelius_w": (48.1291, 11.5790, 513),
    "museum_w": (48.1308, 11.5827, 512),
    "ludwigs_w": (48.1323, 11.5851, 512),
    "lehel_1": (48.1345, 11.5873, 511),
    "lehel_2": (48.1369, 11.5895, 511),
    "lehel_3": (48.1386, 11.5922, 510),
    "luitpold_w": (48.1410, 11.5942, 510),
    "bogenhausen_w": (48.1445, 11.5957, 508),
    "josef_w": (48.1490, 11.5974, 507),
    "tivoli_w": (48.1513, 11.5995, 506),
    "iffland_w": (48.1545, 11.6026, 504),
    "kennedy_w": (48.1574, 11.6046, 503),
    "power_house": (48.1602, 11.6056, 502),
    "maffei": (48.1624, 11.6090, 501),
    "rail_path": (48.1654, 11.6122, 500),
    "weir_w": (48.1690, 11.6157, 498),
    "below_weir": (48.1729, 11.6194, 496),
    "emmeram_w": (48.1772, 11.6232, 494),
    "isar_north": (48.1808, 11.6264, 493),
    "leinthal_w": (48.1836, 11.6288, 492),
    # The east bank from north to south.
    "josef_e": (48.1492, 11.5994, 506),
    "angel_pond": (48.1462, 11.5973, 507),
    "angel_e": (48.1422, 11.5960, 509),
    "maximilian_e": (48.1375, 11.5934, 511),
    "kabelsteg": (48.1346, 11.5911, 512),
    "muffat": (48.1329, 11.5890, 512),
    "ludwigs_e": (48.1317, 11.5877, 512),
    "museum_e": (48.1299, 11.5852, 512),
    "cornelius_e": (48.1281, 11.5814, 513),
    "reichenbach_e": (48.1266, 11.5777, 513),
    "spring_e": (48.1247, 11.5737, 514),
    "wittelsbacher_e": (48.1221, 11.5688, 515),
    "meadow_e": (48.1201, 11.5653, 516),
    "braunau_e": (48.1179, 11.5625, 516),
    "gravel_e": (48.1155, 11.5607, 517),
    "brudermuehl_e": (48.1125, 11.5609, 518),
    "roses": (48.1098, 11.5613, 519),
    "flaucher_e": (48.1066, 11.5587, 520),
    "zoo_meadow": (48.1041, 11.5548, 521),
    "zoo_bend": (48.1021, 11.5518, 522),
    "thalkirchner_e": (48.1007, 11.5510, 522),
    "zoo_bank": (48.0972, 11.5510, 525),
    "klause_bank": (48.0940, 11.5509, 527),
    "klause": (48.0921, 11.5506, 528),
    "slope_1": (48.0899, 11.5498, 529),
    "slope_2": (48.0853, 11.5457, 531),
    "slope_3": (48.0818, 11.5438, 532),
    "slope_4": (48.0779, 11.5419, 534),
    "hesselohe": (48.0748, 11.5420, 536),
    # The high bank above it, and the hill that leads down from there.
    "bend_1": (48.0736, 11.5426, 545),
    "bend_2": (48.0727, 11.5433, 554),
    "bend_3": (48.0735, 11.5441, 562),
    "hochleite_1": (48.0752, 11.5433, 565),
    "hochleite_2": (48.0787, 11.5434, 564),
    "hochleite_3": (48.0834, 11.5459, 561),
    "hochleite_4": (48.0876, 11.5489, 558),
    "hochleite_5": (48.0930, 11.5533, 554),
    "hill_top": (48.0951, 11.5572, 552),
    "hill": (48.0970, 11.5581, 543),
    "hill_foot": (48.0996, 11.5597, 527),
    "zoo_gate": (48.1003, 11.5563, 525),
    # Between canal and river.
    "klause_w": (48.0920, 11.5484, 529),
    "raft_1": (48.0946, 11.5480, 528),
    "raft_2": (48.0978, 11.5477, 526),
    # The English Garden.
    "hofgarten": (48.1436, 11.5839, 513),
    "wave": (48.1435, 11.5878, 512),
    "paradise": (48.1447, 11.5908, 510),
    "waterfall": (48.1466, 11.5915, 509),
    "burgfrieden": (48.1484, 11.5904, 509),
    "monopteros": (48.1498, 11.5918, 511),
    "tower": (48.1518, 11.5937, 508),
    "milk_house": (48.1546, 11.5964, 507),
    "lawn": (48.1569, 11.5997, 506),
    "lake_s": (48.1592, 11.5997, 505),
    "lake_e": (48.1611, 11.5991, 505),
    "lake_n": (48.1622, 11.5967, 505),
    "lake_w": (48.1610, 11.5942, 505),
    "werneck": (48.1579, 11.5915, 506),
    "rumford": (48.1549, 11.5905, 507),
    "university": (48.1523, 11.5886, 508),
    "veterinary": (48.1502, 11.5868, 509),
    "meadow_walk": (48.1478, 11.5865, 511),
    "ring": (48.1606, 11.6008, 504),
    "hirschau_1": (48.1640, 11.6035, 503),
    "hirschau_2": (48.1690, 11.6085, 501),
    "hirschau_3": (48.1745, 11.6141, 498),
    "hirschau_4": (48.1806, 11.6183, 495),
    "aumeister": (48.1853, 11.6198, 493),
    "underpass": (48.1857, 11.6236, 492),
    # The roads of the ride.
    "ranger": (48.0700, 11.5428, 537),
    "isar_bend": (48.0612, 11.5408, 540),
    "gruenwald_1": (48.0567, 11.5340, 542),
    "gruenwald_2": (48.0559, 11.5287, 543),
    "gruenwald_3": (48.0500, 11.5241, 546),
    "gruenwald_4": (48.0438, 11.5187, 552),
    "castle": (48.0403, 11.5240, 584),
    "forest_1": (48.0310, 11.5252, 597),
    "forest_2": (48.0172, 11.5198, 622),
    "strasslach": (48.0047, 11.5143, 640),
    "hailafing": (47.9948, 11.5030, 641),
    "schaeftlarn_e": (47.9842, 11.4843, 600),
    "isar_south": (47.9793, 11.4762, 556),
    "abbey": (47.9779, 11.4667, 560),
    "ebenhausen": (47.9765, 11.4583, 640),
    "hohenschaeftlarn": (47.9868, 11.4575, 656),
    "baierbrunn": (48.0192, 11.4853, 626),
    "buchenhain": (48.0318, 11.4958, 612),
    "pullach_1": (48.0455, 11.5096, 591),
    "pullach_2": (48.0573, 11.5214, 583),
    "pullach_3": (48.0690, 11.5315, 572),
    "hesselohe_w": (48.0744, 11.5372, 566),
    "bridge_mid": (48.0746, 11.5400, 566),
}
"""Latitude, longitude and metres above sea level of the places the routes lead through."""

_HOME_TO_RIVER: Final = "home kapuziner wittelsbacher_w wittelsbacher_e "
_RIVER_TO_HOME: Final = " wittelsbacher_e wittelsbacher_w kapuziner home"
_EAST_BANK: Final = (
    "meadow_e braunau_e gravel_e brudermuehl_e roses flaucher_e zoo_meadow zoo_bend thalkirchner_e "
)
_EAST_BANK_BACK: Final = " " + " ".join(reversed(_EAST_BANK.split())) + " "
_SLOPE: Final = "zoo_bank klause_bank klause "
_CANAL: Final = "thalkirchner_w canal_1 canal_2 canal_3 flaucher_1 flaucher_2 flaucher_3 "
_WEST_BANK: Final = "brudermuehl_w gravel_w braunau_w meadow_w baldeplatz "
_TOWN: Final = "poplars_w reichenbach_w cornelius_w museum_w ludwigs_w "
_TOWN_BACK: Final = "muffat ludwigs_e museum_e cornelius_e reichenbach_e spring_e"
_ISAR_HOME: Final = "josef_e angel_pond angel_e maximilian_e kabelsteg " + _TOWN_BACK
_GARDEN: Final = "paradise waterfall burgfrieden monopteros tower milk_house lawn lake_s "
_HIRSCHAU: Final = "ring hirschau_1 hirschau_2 hirschau_3 hirschau_4 aumeister underpass "
_ISAR_NORTH: Final = (
    "leinthal_w isar_north emmeram_w below_weir weir_w rail_path maffei power_house kennedy_w "
    "iffland_w tivoli_w josef_w "
)
_HIGH_BANK: Final = (
    "hochleite_1 hochleite_2 hochleite_3 hochleite_4 hochleite_5 hill_top hill hill_foot zoo_gate "
)

_ROUTES: Final = {
    "bridges": "home kapuziner wittelsbacher_w " + _TOWN + "ludwigs_e museum_e cornelius_e "
    "reichenbach_e spring_e wittelsbacher_e meadow_e braunau_e gravel_e brudermuehl_e "
    + _WEST_BANK
    + "wittelsbacher_w kapuziner home",
    "flaucher": _HOME_TO_RIVER + _EAST_BANK + _CANAL + _WEST_BANK + "kapuziner home",
    "raft canal": _HOME_TO_RIVER
    + _EAST_BANK
    + _SLOPE
    + "klause_w raft_1 raft_2 "
    + _CANAL
    + _WEST_BANK
    + "kapuziner home",
    "high bank": _HOME_TO_RIVER
    + _EAST_BANK
    + _SLOPE
    + "slope_1 slope_2 slope_3 slope_4 hesselohe bend_1 bend_2 bend_3 "
    + _HIGH_BANK
    + _EAST_BANK_BACK
    + _RIVER_TO_HOME,
    "hill": _HOME_TO_RIVER
    + _EAST_BANK
    + "zoo_gate "
    + "hill_foot hill hill_top hill " * 4
    + "hill_foot zoo_gate "
    + _EAST_BANK_BACK
    + _RIVER_TO_HOME,
    "garden": "hofgarten wave " + _GARDEN + "lake_e lake_n lake_w werneck rumford university "
    "veterinary meadow_walk hofgarten",
    "aumeister": "home kapuziner wittelsbacher_w "
    + _TOWN
    + "lehel_1 lehel_2 lehel_3 luitpold_w wave "
    + _GARDEN
    + _HIRSCHAU
    + _ISAR_NORTH
    + _ISAR_HOME
    + _RIVER_TO_HOME,
    "half": "wave "
    + _GARDEN
    + _HIRSCHAU
    + _ISAR_NORTH
    + _ISAR_HOME
    + " wittelsbacher_e meadow_e braunau_e gravel_e brudermuehl_e "
    + _WEST_BANK
    + _TOWN
    + "lehel_1 lehel_2 lehel_3 luitpold_w wave",
    "abbey": _HOME_TO_RIVER
    + _EAST_BANK
    + _SLOPE
    + "slope_1 slope_2 slope_3 slope_4 hesselohe ranger isar_bend gruenwald_1 gruenwald_2 "
    "gruenwald_3 gruenwald_4 castle forest_1 forest_2 strasslach hailafing schaeftlarn_e "
    "isar_south abbey ebenhausen hohenschaeftlarn baierbrunn buchenhain pullach_1 pullach_2 "
    "pullach_3 hesselohe_w bridge_mid " + _HIGH_BANK + _EAST_BANK_BACK + _RIVER_TO_HOME,
}

_CROSSINGS: Final = frozenset({"kapuziner", "ludwigs_w", "thalkirchner_w", "ring", "josef_e"})
"""Places where one may have to wait for a light or a tram."""


@dataclass(frozen=True)
class Route:
    """One row per metre: metres east and north of 48° N 11.5° E, altitude; where one may wait."""

    east_m: Floats
    north_m: Floats
    altitude_m: Floats
    crossings_m: tuple[int, ...]


@cache
def route(name: str) -> Route:
    """The route of that name, in its usual direction; altitudes are those of the ground."""
    names = _ROUTES[name].split()
    places = np.array([_PLACES[place] for place in names], dtype=float)
    corners = np.column_stack(
        ((places[:, 1] - 11.5) * METRES_EAST, (places[:, 0] - 48.0) * METRES_NORTH)
    )
    # Knots at the square root of the chords (centripetal) keep the curve from overshooting.
    knots = np.concatenate(([0.0], np.cumsum(np.sqrt(_steps(corners)))))
    fine = np.unique(np.concatenate((np.linspace(0, knots[-1], 40 * len(knots)), knots)))
    line = through(knots, corners, fine)
    along = np.concatenate(([0.0], np.cumsum(_steps(line))))
    metres = np.arange(int(along[-1]) + 1.0)
    passed = along[np.searchsorted(fine, knots)]
    ground = np.interp(metres, passed, places[:, 2])
    return Route(
        east_m=np.interp(metres, along, line[:, 0]),
        north_m=np.interp(metres, along, line[:, 1]),
        altitude_m=smoothed(smoothed(ground, 61), 41),
        crossings_m=tuple(
            int(at) for at, place in zip(passed, names, strict=True) if place in _CROSSINGS
        ),
    )


def reverse(there: Route) -> Route:
    """The same way in the other direction."""
    length = len(there.east_m) - 1
    return Route(
        there.east_m[::-1],
        there.north_m[::-1],
        there.altitude_m[::-1],
        tuple(length - at for at in reversed(there.crossings_m)),
    )


def _steps(points: Floats) -> Floats:
    steps: Floats = np.hypot(*np.diff(points, axis=0).T)
    return steps

"""Songs measured on activities, as many as a runner of many years has."""

from __future__ import annotations

from sqlalchemy import text

from benchmarks.places import Library

_ACTIVITIES = """
INSERT INTO activities (user_id, source, sport, start_time, utc_offset_s, elapsed_time_s,
  moving_time_s, distance_m, has_gps, channels, n_points, n_songs, revision)
SELECT :user, 'fit', CASE WHEN n % 10 = 0 THEN 'ride' ELSE 'run' END,
  timestamptz '2016-01-01' + n * interval '1.6 days', 3600, 4200, 4200, 12000, true,
  '{distance_m,heartrate,cadence}', 0, :songs, 1
FROM generate_series(1, :activities) n RETURNING id
"""
_SONGS = """
WITH made AS (INSERT INTO artists (user_id, name, key)
  SELECT :user, 'Artist ' || n, 'artist ' || n FROM generate_series(1, 300) n RETURNING id)
INSERT INTO tracks (user_id, artist_id, title, title_key, tempo_bpm, tempo_confidence, energy)
SELECT :user, id, 'Song ' || n, 'song ' || n, 100 + 100 * random(), 0.9, random()
FROM made CROSS JOIN generate_series(1, 10) n
"""
_MEASURED = """
INSERT INTO measured_activities (activity_id, user_id, revision, kind, n_short, n_unsure, n_still)
SELECT id, user_id, revision, (ARRAY['steady', 'intervals', 'long'])[1 + id % 3], 2, 0, 1
FROM activities WHERE user_id = :user
"""
_EFFORTS = """
INSERT INTO song_efforts (activity_id, "index", user_id, track_id, since_s, until_s,
  elapsed_share, warm_up, grade, speed_mps, flat_mps, heartrate, cadence, locked, locked_bpm)
SELECT a.id, n, :user, t.id, 210 * n - 190, 210 * n, (210 * n - 100) / 4200.0,
  CASE WHEN n <= 3 THEN 1 ELSE 0 END, 0.01 * random(), v, v, 150 + 20 * (v - 3) + 4 * random(),
  165 + 4 * random(), random(), t.tempo_bpm
FROM activities a CROSS JOIN generate_series(1, :songs) n
JOIN (SELECT *, row_number() OVER (ORDER BY id) AS nth FROM tracks WHERE user_id = :user) t
  ON t.nth = 1 + (a.id * 37 + n * 101) % 3000
CROSS JOIN LATERAL (SELECT 2.6 + 0.3 * random() + 0.003 * t.tempo_bpm AS v) speed
WHERE a.user_id = :user
"""


def fill(library: Library, n_activities: int, n_songs: int) -> None:
    """Activities with ``n_songs`` measured songs each, of three thousand; nothing else of them."""
    values = {"user": library.user_id, "activities": n_activities, "songs": n_songs}
    with library.engine.begin() as conn:
        for statement in (_ACTIVITIES, _SONGS, _MEASURED, _EFFORTS):
            conn.execute(text(statement), values)
        conn.execute(text("ANALYZE activities, tracks, measured_activities, song_efforts"))

"""Stand-ins for the web services on loopback: those of activities and listens (Strava, Spotify,
Last.fm, ListenBrainz) and those of recordings (MusicBrainz, Deezer, ReccoBeats, AcousticBrainz).

They keep the contracts of the real services, traps included, and their limits; they count who
calls them how often, and go wrong when told to (``faults``). ``world`` and ``catalogue`` hold the
truth that they tell, which can be edited while they run; ``noise`` is what they get wrong;
``server`` starts and stops them.
"""

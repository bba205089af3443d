"""Stand-ins for Strava, Spotify, Last.fm and ListenBrainz on loopback.

They keep the contracts of the real services, traps included, and their limits; they count who
calls them how often, and go wrong when told to (``faults``). ``world`` holds the truth that they
tell, which can be edited while they run; ``server`` starts and stops them.
"""

"""Peers' programs, as people write them: each runs in its own environment and is small."""

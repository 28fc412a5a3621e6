"""Bricks shared by networks."""

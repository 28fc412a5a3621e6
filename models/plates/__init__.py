"""Grounds to put a product on, one kind a file: what they show is made by arithmetic."""

"""Advertisements: a product, some words and a logo set out on a canvas by a template."""

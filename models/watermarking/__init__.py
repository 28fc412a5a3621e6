"""An invisible mark in the ground behind a product, found again without the original."""

"""How good generated pictures are, beside real ones."""

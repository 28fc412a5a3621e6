"""One file per editing operation."""

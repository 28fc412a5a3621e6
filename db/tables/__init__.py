"""The rows, one file per concern."""

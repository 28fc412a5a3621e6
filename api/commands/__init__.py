"""The `packshot` command, one file per group of verbs."""

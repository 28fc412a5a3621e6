"""Facts about a finished picture that rules are held against; the rules are elsewhere."""

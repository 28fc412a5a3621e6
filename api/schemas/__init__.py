"""What a request and an answer look like, one resource per file."""

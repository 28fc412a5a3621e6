"""What can be asked for: one frozen class per operation."""

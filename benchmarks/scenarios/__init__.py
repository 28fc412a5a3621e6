"""What the shop's scenarios claim, measured: a file for each, a row for each claim."""

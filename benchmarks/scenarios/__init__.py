"""What the shop's scenarios claim, measured: one file each."""

"""What people say they want, read by a vocabulary and made into orders."""

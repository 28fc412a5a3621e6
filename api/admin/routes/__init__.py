"""What the page shows, one file per part of the house."""

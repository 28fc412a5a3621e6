"""The page that an admin looks at."""

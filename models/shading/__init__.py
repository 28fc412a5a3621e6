"""Where a product stands, and the shadow that it throws there."""

"""Light and colours of a picture, measured and changed."""

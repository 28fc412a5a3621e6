"""What a network does, made visible: where it looks, what its directions do, what is near."""

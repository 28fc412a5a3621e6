"""What a network is punished for."""

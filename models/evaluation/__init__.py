"""How good a trained network is, on pictures that nothing learnt from."""

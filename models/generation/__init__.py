"""Sample, reconstruct, vary and interpolate."""

"""Readers, renderer, degradations and augmentation."""

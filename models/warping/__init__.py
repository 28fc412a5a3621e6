"""Garments bent to bodies: warps that can be stored, outlines, clothes, shading."""

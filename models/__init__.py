"""The studio: tensors in, tensors out."""

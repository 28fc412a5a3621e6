"""One number per file, paper and reference code named."""

"""From a picture to the product's matte, by classical means."""

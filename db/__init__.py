"""The archive: rows, pictures, and the shape of what can be asked for."""

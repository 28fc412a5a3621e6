"""How well each of the shop's scenarios does what it claims, measured."""

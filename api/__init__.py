"""The shop window: what storefront, operators and admins see."""

"""Where in an order a thing stands, as an RFC 6901 pointer that its sender can follow."""

_LONGEST = 200


def pointer(*parts: str | int) -> str:
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    return "".join(f"/{part}" for part in escaped)[:_LONGEST]

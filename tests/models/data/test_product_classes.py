"""What a shop could sell, and what not."""

import pytest

from models.data.product_classes import CLASSES, product_class


def classed(name, *, tags=(), room="Living room", identity=""):
    return product_class(name, identity=identity, tags=tags, room=room)


@pytest.mark.parametrize(
    ("name", "room", "expected"),
    [
        ("Deck chair", "Exterior", "seating"),
        ("Coffee cup", "Kitchen", "kitchen"),
        ("Coffee table", "Living room", "tables"),
        ("Bedside table", "Bedroom", "storage"),
        ("Pool table", "Miscellaneous", "toys"),
        ("Table fan", "Miscellaneous", "appliances"),
        ("Handbag", "Bedroom", "fashion"),
        ("Scissors", "Office", "tools"),
        ("Desk lamp", "Lights", "lighting"),
        ("Headphones", "Miscellaneous", "electronics"),
        ("Towel rack", "Bathroom", "bathroom"),
        ("Bunk bed", "Bedroom", "beds"),
    ],
)
def test_products_find_their_class(name, room, expected):
    assert classed(name, room=room) == expected


def test_a_sock_that_the_library_calls_a_socket_is_clothing():
    assert classed("Socket", tags=("SCPTS", "Clothes"), room="Bedroom") == "fashion"


@pytest.mark.parametrize(
    ("name", "tags", "room"),
    [
        ("Apple iPhone", (), "Miscellaneous"),
        ("Tablet", ("iPad",), "Miscellaneous"),
        ("Bill 10€", ("Money",), "Miscellaneous"),
        ("Glass door", (), "Doors and windows"),
        ("Horse", ("Animal",), "Characters"),
        ("Palm tree", ("Outdoor",), "Exterior"),
        ("Wall socket", ("Electricity",), "Miscellaneous"),
        ("Cactus", (), "Living room"),
    ],
)
def test_brands_bank_notes_doors_animals_and_plants_are_no_products(name, tags, room):
    assert classed(name, tags=tags, room=room) is None


def test_a_brand_in_the_identity_counts_too():
    assert classed("Mixer", identity="kitchenaid", room="Kitchen") is None
    assert classed("Mixer", identity="mixer", room="Kitchen") == "appliances"


def test_a_model_that_shows_a_makers_mark_is_no_product():
    assert classed("Sneakers", identity="sneakers", tags=("Clothes",), room="Bedroom") is None


def test_there_are_twelve_classes():
    assert len(set(CLASSES)) == 12

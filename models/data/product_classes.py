"""Which of twelve shop classes a furniture-library entry belongs to, if any."""

import re

CLASSES = (
    "seating",
    "kitchen",
    "storage",
    "tables",
    "tools",
    "appliances",
    "bathroom",
    "electronics",
    "fashion",
    "lighting",
    "toys",
    "beds",
)

BRANDS = re.compile(
    r"\b(kitchenaid|apple|iphone|imac|ipad|playstation|sony|xbox|nitendo|chevrolet|ford|peugeot"
    r"|renault|seat leon|smart car|yamaha|peterbilt|velux)\b",
    re.IGNORECASE,
)
BRANDED_MODELS = {"sneakers"}
"""Identities of models whose textures show a maker's mark."""

NO_PRODUCT_ROOMS = {"Characters", "Doors and windows", "Staircases", "Vehicles"}
NO_PRODUCT_TAGS = {
    *("Animal", "Electricity", "Human", "Money", "Outlet", "Plant", "Road", "Tree"),
    *("Flowers", "Sea", "Canopy"),
}
NO_PRODUCT_NAMES = re.compile(
    r"\b(plant|bamboo|spathiphyllum|orchids|yucca|cactus|rock|hedge|tree|flowers?|tulips|lily|bell"
    r"|(?<!glass )door|window|plug|switch|railing|fence|rails|chimney|socket|elevator"
    r"|escalator|street|fountain|stall|furnace|fireplace|staircase"
    r"|children game|child hut|child swing|hut)\b",
    re.IGNORECASE,
)

NAMES: tuple[tuple[str, str], ...] = (
    ("toys", r"toy|puzzle|rocking horse|biplane|teddy|doll|cube|chessboard|card game|car model"),
    ("toys", r"piano|guitar|xylophone|basketball|soccer|tennis|pool table|football table|dart"),
    ("toys", r"flipper|skateboard|punching|trampoline|treadmill|fitness|abdominal|indoor bike"),
    ("toys", r"seesaw|motorbike|sandpit|football goal|basketball net"),
    ("electronics", r"headphones|speaker|tv|radio|stereo|mp3|dvd|laptop|camera|phone|tablet"),
    ("electronics", r"remote control|projector|printer|intercom|cctv|thermometer|number lock"),
    ("fashion", r"bootie|slippers|sneakers|shoes|mocassin|handbag|briefcase|backpack|suitcase"),
    ("fashion", r"suit|dress|cap|hat|helmet|short|trousers|jacket|skirt|socket|glove|watch|ring"),
    ("fashion", r"sunglasses|folded clothes"),
    ("lighting", r"lamp|light|lantern|candle"),
    ("beds", r"bed|crib|futon|air mattress|sleeping bag|hammock|convertible sofa bz"),
    (
        "storage",
        r"bedside table|nightstand|bookcase|shelves|wardrobe|cupboard|cabinet|locker|crate",
    ),
    ("storage", r"crate|box|barrel|chest|dresser|drawers|safe|island|tv stand|vanity"),
    ("storage", r"clothes rack|basket|wall hanger|coathanger|shipping container|locked locker"),
    (
        "appliances",
        r"oven|fridge|refrigerator|freezer|mixer|blender|fan|cooktop|stove|hood|microwave",
    ),
    (
        "appliances",
        r"microwave|coffee (brewer|machine)|washing machine|dryer|cooker|toaster|fryer|kettle",
    ),
    ("appliances", r"radiator|heater|water cooler|sandwich maker|grill|air conditioning|boiler"),
    (
        "bathroom",
        r"towel|toilets?|bidet|washbasin|urinal|shower|bath|jacuzzi|bathtub|potty|comb",
    ),
    ("bathroom", r"cosmetics|flacon|lip stick|soap|sponge|lavatory|medicine|brush|basin|laundry"),
    ("seating", r"chair|armchair|sofa|couch|stool|bench|puff|seat|lounge|little bank|wood bank"),
    ("tables", r"table|desk"),
    (
        "tools",
        r"scissors|ruler|text marker|calendar|pencil|penbox|letter tray|tool|saw|tape",
    ),
    (
        "tools",
        r"shovel|drill|hammer|screwdriver|grinder|pliers|step ladder|broom|mower|wheelbarrow",
    ),
    (
        "tools",
        r"white board|workbench|extinguisher|dustbin|keys|book|pallet|mailbox|letters box|cone",
    ),
    ("kitchen", r"cup|glass|glasses|bottle|bowl|plate|tray|pan|fork|knife|spoon|teapot|creamer"),
    ("kitchen", r"cake|bread|butter|milk|hot dog|hamburger|steak|fries|chicken|salt|sugar|apples"),
    ("kitchen", r"sushi|pottery|jar|chopping|squeezer|utensils|scale|coffee press|spice|vase|sink"),
    ("kitchen", r"paper towel|yogurt"),
    ("fashion", r"umbrella"),
)
_RULES = tuple((kind, re.compile(rf"\b({words})s?\b", re.IGNORECASE)) for kind, words in NAMES)


def product_class(name: str, *, identity: str, tags: tuple[str, ...], room: str) -> str | None:
    """The class of what a shop could sell; None for doors, plants, people, cars and brands."""
    if room in NO_PRODUCT_ROOMS or identity in BRANDED_MODELS:
        return None
    if BRANDS.search(" ".join((name, identity, *tags))):
        return None
    if "Clothes" in tags and room == "Bedroom":  # also the sock that its library calls a socket
        return "fashion"
    if NO_PRODUCT_TAGS.intersection(tags) or NO_PRODUCT_NAMES.search(name):
        return None
    return next((kind for kind, words in _RULES if words.search(name)), None)

"""The seventy bad inputs by their numbers: pictures at the door, and where each other is shown.

Every number of the list has its tests: `PICTURES` are sent here to the running service, `SHOWN`
names the tests of the rest, and nothing of either may be missing.
"""

import ast
import struct
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from PIL import ImageCms
from starlette.testclient import TestClient

from tests import bombs, factories, stored
from tests.db.test_intake import REFUSED, TAKEN

ROOT = Path(__file__).parents[2]
PROBLEM = "application/problem+json"
Build = Callable[[], bytes]


def _interlaced(side: int = 16) -> bytes:
    """A grey PNG in seven passes, which few programs write any more."""
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
    rows = b""
    for left, top, across, down in (*passes, (0, 1, 1, 2)):
        width = len(range(left, side, across))
        rows += (b"\0" + bytes(width)) * len(range(top, side, down))
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 1)
    body = bombs.chunk(b"IHDR", header) + bombs.chunk(b"IDAT", zlib.compress(rows))
    return bombs.PNG_HEAD + body + bombs.chunk(b"IEND")


def _of_four_inks() -> bytes:
    """A JPEG in red, green and blue whose profile says that it is printed."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[16:20] = b"CMYK"
    return factories.jpeg(icc_profile=bytes(profile))


# Of the list, what a stranger sends as a picture: by the names of tests/db/test_intake.py.
PICTURES: dict[int, tuple[str, ...]] = {
    1: ("an empty file",),
    2: ("text", "a web page", "json"),
    3: ("svg", "svg after a comment", "svg in utf-16", "svgz"),
    4: ("pdf", "eps", "psd", "fits", "tiff of floats", "bmp", "ico", "dds", "jpeg 2000"),
    5: ("png",),
    6: ("gif",),
    7: ("half a jpeg",),
    8: ("png without its end", "png cut in its pixels"),
    9: ("jpeg of a beginning only",),
    10: ("png with a wrong checksum in its header", "png with a wrong checksum in its pixels"),
    11: ("png of 0×0", "png of 0×9"),
    12: ("png of 2³¹−1 squared",),
    13: ("png of 30,000 squared",),
    14: ("jpeg of 100 megapixels",),
    15: ("1×65,500", "65,500×1"),
    16: ("1×1",),
    17: ("zTXt bomb", "iTXt bomb", "iCCP bomb"),
    18: ("100,000 text chunks",),
    19: ("gif of 10,000 frames",),
    20: ("animated png", "animated webp", "animated avif"),
    21: ("a jpeg with a program behind it",),
    22: ("gifar",),
    23: ("a jpeg with a script in its comment",),
    26: ("orientation 99", "exif four gigabytes away", "exif that leads to itself"),
    27: ("a garbage colour profile", "iCCP bomb", "a profile of four inks"),
    28: ("cmyk",),
    29: ("16-bit grey", "16-bit colour"),
    30: ("one bit", "grey with alpha", "palette"),
    31: ("colour with alpha",),
    32: ("jpeg of 1,000 scans",),
    33: ("arithmetic-coded jpeg", "jpeg of 12 bits"),
    34: ("pixels in 100,000 chunks", "an interlaced png"),
    35: ("webp that declares a little more",),
    36: ("avif that declares 2³¹ squared",),
    37: ("tiff of floats",),
}
MORE_TAKEN: dict[str, Build] = {
    "exif that leads to itself": bombs.cyclic_exif,
    "a profile of four inks": _of_four_inks,
    "an interlaced png": _interlaced,
}

# Where the others are shown, and what becomes of pictures behind the door.
SHOWN: dict[int, tuple[str, ...]] = {
    12: ("tests/db/test_intake.py::test_a_bomb_is_known_quickly",),
    21: ("tests/models/test_labels.py::test_what_trails_a_file_is_left_out",),
    23: ("tests/api/test_pictures.py::test_the_content_is_served_as_a_file_that_no_browser_runs",),
    24: ("tests/models/test_labels.py::test_the_place_where_it_was_taken_is_gone",),
    25: ("tests/models/test_images.py::test_a_turned_picture_is_read_upright",),
    26: ("tests/models/test_images.py::test_broken_exif_does_no_harm",),
    27: ("tests/models/test_images.py::test_a_rubbish_profile_is_ignored_with_a_warning",),
    28: (
        "tests/models/test_images.py::test_inverted_inks_have_the_right_colours",
        "tests/journeys/test_bad_and_edge_input.py::test_a_cmyk_jpeg_keeps_its_colours",
    ),
    29: ("tests/models/test_images.py::test_sixteen_bit_grey_keeps_its_range",),
    30: (
        "tests/models/test_images.py::test_grey_with_alpha_keeps_both",
        "tests/models/test_images.py::test_a_palette_with_a_transparent_entry_keeps_both",
        "tests/models/test_images.py::test_one_bit_is_black_and_white",
    ),
    31: (
        "tests/models/editing/test_place.py"
        "::test_hidden_colours_of_a_transparent_surrounding_make_no_halo",
    ),
    38: ("tests/api/test_bad_orders.py::test_what_does_not_fit_the_picture_is_refused",),
    39: (
        "tests/models/editing/test_shadow.py::test_what_cannot_be_done_has_a_code",
        "tests/models/editing/test_match_color.py::test_what_cannot_be_done_has_a_code",
    ),
    40: (
        "tests/api/test_pictures.py::test_a_body_over_the_limit_is_refused_and_nothing_is_stored",
    ),
    41: ("tests/api/test_edge.py::test_a_body_that_does_not_come_is_given_up",),
    42: (
        "tests/api/test_pictures.py::test_a_form_of_a_thousand_parts_is_given_up",
        "tests/api/test_pictures.py::test_a_text_of_a_gigabyte_is_given_up_at_the_limit",
    ),
    43: ("tests/api/test_pictures.py::test_a_broken_form_is_refused_and_nothing_is_stored",),
    44: ("tests/api/test_file_names.py::test_a_name_is_kept_to_be_shown_and_never_as_a_path",),
    45: ("tests/api/test_pictures.py::test_a_compressed_body_is_not_unpacked",),
    46: ("tests/api/test_bad_orders.py::test_what_is_no_json_is_refused",),
    47: ("tests/api/test_bad_orders.py::test_what_we_cannot_do_is_refused_by_its_field",),
    48: ("tests/api/test_bad_orders.py::test_what_we_cannot_do_is_refused_by_its_field",),
    # No operation has a prompt; the longest text of an order is a category.
    49: (
        "tests/api/test_bad_orders.py::test_what_we_cannot_do_is_refused_by_its_field",
        "tests/api/test_bad_orders.py::test_what_is_no_json_is_refused",
    ),
    50: ("tests/api/test_bad_orders.py::test_what_we_cannot_do_is_refused_by_its_field",),
    51: ("tests/api/test_bad_orders.py::test_a_version_that_is_not_there_is_named",),
    52: (
        "tests/api/test_jobs.py::test_an_id_that_names_no_job_is_not_found",
        "tests/api/test_jobs.py::test_another_tenants_job_is_not_found",
        "tests/api/test_ids_of_others.py::test_what_another_has_is_answered_as_what_never_was",
    ),
    53: (
        "tests/api/test_pages.py::test_a_forged_cursor_is_refused",
        "tests/api/test_pages.py::test_a_parameter_that_cannot_be_is_named",
    ),
    54: ("tests/api/test_jobs.py::test_the_same_key_for_another_order_is_refused",),
    55: ("tests/api/test_jobs.py::test_the_same_key_fifty_times_at_once_is_one_job",),
    56: ("tests/api/test_jobs.py::test_a_key_that_cannot_be_kept_is_refused",),
    57: ("tests/api/test_auth.py::test_what_opens_nothing_is_answered_in_one_way",),
    58: ("tests/api/test_scopes.py::test_a_scope_alone_opens_the_routes_that_say_so_and_no_other",),
    59: (
        "tests/api/test_budgets.py::test_a_key_over_its_rate_is_told_when_to_come_back",
        "tests/api/test_budgets.py::test_a_tenant_sends_so_many_bytes_a_day_and_no_more",
        "tests/db/test_quotas.py::test_a_job_too_many_is_refused_and_not_there",
    ),
    60: ("tests/db/test_addresses.py::test_a_url_of_another_scheme_is_refused",),
    61: (
        "tests/db/test_addresses.py::test_a_url_to_an_inner_address_is_refused_however_it_is_spelt",
        "tests/db/test_addresses.py::test_an_inner_address_is_not_visited",
    ),
    62: (
        "tests/workers/test_fetch.py"
        "::test_a_name_is_looked_up_once_so_it_cannot_lead_elsewhere_between_check_and_call",
        "tests/workers/test_fetch.py"
        "::test_a_name_that_leads_inside_is_not_called_also_if_it_leads_outside_too",
        "tests/workers/test_names_that_lie.py"
        "::test_a_name_that_changes_its_mind_is_called_where_it_led_when_it_was_checked",
    ),
    63: ("tests/workers/test_fetch.py::test_a_redirect_is_an_answer_and_nobody_follows_it",),
    64: ("tests/db/test_addresses.py::test_a_url_that_programs_read_differently_is_refused",),
    65: (
        "tests/workers/test_fetch.py::test_a_body_without_end_is_cut_off_and_its_status_counts",
        "tests/workers/test_fetch.py::test_a_packed_answer_is_not_unpacked",
        "tests/workers/test_fetch.py::test_a_receiver_that_takes_its_time_gets_no_more_than_ours",
    ),
    66: (
        "tests/api/test_webhooks.py::test_a_url_that_may_not_be_called_is_refused_by_its_field",
        "tests/workers/test_webhooks.py::test_a_receiver_that_is_gone_is_asked_no_more",
        "tests/workers/test_webhooks.py::test_five_megabytes_of_thanks_are_still_thanks",
    ),
    67: ("tests/db/test_blobs.py::test_a_name_that_could_leave_the_store_is_refused",),
    68: (
        "tests/api/test_links.py::test_a_link_that_was_changed_opens_nothing",
        "tests/api/test_links.py::test_a_link_ends",
    ),
    69: (
        "tests/models/test_weights.py::test_what_is_no_safetensors_file_is_refused",
        "tests/models/test_weights.py::test_weights_that_do_not_fit_are_refused",
    ),
    70: (
        "tests/workers/test_transport.py"
        "::test_what_is_no_message_is_dropped_and_the_worker_takes_the_next",
        "tests/workers/test_tasks.py::test_what_is_no_job_is_dropped_without_an_error",
    ),
}
ALL = [(number, name) for number, names in PICTURES.items() for name in names]


@pytest.mark.parametrize(("number", "name"), ALL, ids=[f"{n} {name}" for n, name in ALL])
def test_a_bad_picture_is_answered_as_the_list_says(
    client: TestClient, home: Path, number: int, name: str
) -> None:
    build, expected = _expected(name)

    # Its name and its type say something else than it is: nobody asks them.
    told = client.post("/v1/pictures", files={"file": ("a.jpg", build(), "image/png")})

    assert (told.status_code, told.json().get("code")) == expected
    if told.status_code != 201:
        assert told.headers["content-type"] == PROBLEM
        assert stored.counted(home) == stored.NOTHING
    assert client.get("/v1/jobs").json()["items"] == []


def test_every_number_of_the_list_is_shown() -> None:
    assert sorted({*PICTURES, *SHOWN}) == list(range(1, 71))


@pytest.mark.parametrize("number", SHOWN)
def test_what_shows_a_number_is_there(number: int) -> None:
    for shown in SHOWN[number]:
        file, _, name = shown.partition("::")
        assert name in _tests_of(file), shown


def _expected(name: str) -> tuple[Build, tuple[int, str | None]]:
    if name in REFUSED:
        build, status, code = REFUSED[name]
        return build, (status, code)
    return MORE_TAKEN.get(name) or TAKEN[name][0], (201, None)


@cache
def _tests_of(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}

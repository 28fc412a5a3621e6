"""The showroom's claims hold on a few of its views."""

from benchmarks.scenarios import showroom


def test_the_rows_tell_a_steadier_product_than_the_views_had() -> None:
    told = {row.claim: row.value for row in showroom.rows(quick=True)}

    for words in ("ground line", "middle"):
        name = f"{words} over the frames, standard deviation"
        assert told[f"spin: {name}"] <= 0.1
        assert told[f"views as they came: {name}"] > 20 * told[f"spin: {name}"]
    assert told["spin: product, worst frame, PNG"] >= 45

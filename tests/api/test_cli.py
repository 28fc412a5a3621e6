"""The `packshot` command against an HTTP server that answers what the API would."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from db.operations.union import OPERATIONS, schemas
from tests.api import scripted
from tests.api.scripted import Answer, Asked

PICTURE = "0190a0b0-0000-7000-8000-00000000000"
Run = Callable[..., int]


class Shop:
    """Answers like the API; its jobs end in `state` at the first look, results with `more`."""

    def __init__(self, state: str = "succeeded", more: dict[str, Any] | None = None) -> None:
        self.state = state
        self.orders: list[Any] = []
        self.more = more or {}
        self.pictures = 0

    def __call__(self, asked: Asked) -> Any:
        path = asked.path.partition("?")[0]
        if path.startswith("/v1/operations/"):
            return {"schema": schemas()[path.rpartition("/")[2]], "queue": "gpu"}
        if path == "/v1/pictures":
            self.pictures += 1
            return Answer(201, {"id": f"{PICTURE}{self.pictures}"})
        if path == "/v1/jobs" and asked.method == "POST":
            self.orders.append(asked.json())
            return Answer(202, self.job(len(self.orders) - 1, "queued"))
        if "/stages/" in path:
            return Answer(200, f"stage {path.rpartition('/')[2]}".encode())
        if path.startswith("/v1/jobs/"):
            return self.job(int(path.rpartition("/")[2]), self.state)
        if path.endswith("/content"):
            return Answer(200, f"bytes of {path.split('/')[3]}".encode())
        return {"items": []}

    def job(self, number: int, state: str) -> dict[str, Any]:
        op = self.orders[number]["operation"]["op"]
        count = self.orders[number]["operation"].get("n", 1) if state == "succeeded" else 0
        results = [
            {"id": f"r{number}{n}", "ordinal": n, "format": "jpeg", "psnr_db": 31.5, "ssim": 0.91}
            | self.more
            for n in range(count)
        ]
        error = {"code": "gate", "detail": "psnr_db is 31.5"} if state == "failed" else None
        return {"id": str(number), "op": op, "state": state, "results": results, "error": error}


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    names = [tmp_path / "shoe.png", tmp_path / "hat.png"]
    for path in names:
        path.write_bytes(b"picture")
    return [str(path) for path in names]


def test_one_picture_operation_makes_a_job_for_each_file(packshot: Run, files: list[str]) -> None:
    shop = Shop()
    with scripted.serving(shop) as server:
        code = packshot("submit", "denoise", *files, "-p", "sigma=25", "--url", server.url)

    assert code == 0
    assert [order["operation"] for order in shop.orders] == [
        {"op": "denoise", "sigma": 25, "picture": f"{PICTURE}1"},
        {"op": "denoise", "sigma": 25, "picture": f"{PICTURE}2"},
    ]


def test_files_fill_the_pictures_of_an_operation_in_order(packshot: Run, files: list[str]) -> None:
    shop = Shop()
    with scripted.serving(shop) as server:
        packshot("submit", "interpolate", *files, "--url", server.url)

    assert shop.orders[0]["operation"] == {
        "op": "interpolate",
        "picture_a": f"{PICTURE}1",
        "picture_b": f"{PICTURE}2",
    }


def test_words_become_the_envelope_and_dotted_parameters_objects(packshot: Run) -> None:
    shop = Shop()
    words = ["-p", "dataset=007", "-p", "network=vae", "-p", "augment.rotate_deg=10"]
    words += ["--gate", "psnr_db>=20", "--gate", "psnr_db<=60", "--sku", "A-1", "--format", "avif"]
    words += ["--watermark"]
    with scripted.serving(shop) as server:
        packshot("submit", "train", *words, "--url", server.url)

    assert shop.orders == [
        {
            "operation": {
                "op": "train",
                "dataset": "007",
                "network": "vae",
                "augment": {"rotate_deg": 10},
            },
            "sku": "A-1",
            "gates": {"psnr_db": {"min": 20.0, "max": 60.0}},
            "output": {"format": "avif", "watermark": True},
        }
    ]


def test_an_at_sign_sends_a_file_as_a_parameter(packshot: Run, files: list[str]) -> None:
    shop = Shop()
    with scripted.serving(shop) as server:
        packshot("submit", "background", files[0], "-p", f"mask=@{files[1]}", "--url", server.url)

    assert shop.orders[0]["operation"]["mask"] == f"{PICTURE}1"
    assert shop.orders[0]["operation"]["picture"] == f"{PICTURE}2"


def test_a_list_of_files_is_sent_one_by_one(packshot: Run, files: list[str]) -> None:
    shop = Shop()
    liked = json.dumps([f"@{file}" for file in files[:2]])
    with scripted.serving(shop) as server:
        packshot("submit", "personalize", "-p", f"liked={liked}", "--url", server.url)

    assert shop.orders[0]["operation"]["liked"] == [f"{PICTURE}1", f"{PICTURE}2"]


def test_results_are_written_under_the_pictures_name_and_the_operations(
    packshot: Run, files: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with scripted.serving(Shop()) as server:
        where = ["--out", str(out), "--url", server.url]
        packshot("submit", "denoise", *files, *where)
        packshot("submit", "sample", "-p", "n=2", "-p", "category=ankle boot", *where)

    assert sorted(path.name for path in out.iterdir()) == [
        "ankle-boot-sample-0.jpg",
        "ankle-boot-sample-1.jpg",
        "hat-denoise.jpg",
        "shoe-denoise.jpg",
    ]
    assert (out / "hat-denoise.jpg").read_bytes() == b"bytes of r10"


def test_a_second_result_of_the_same_name_does_not_take_the_place_of_the_first(
    packshot: Run, files: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with scripted.serving(Shop()) as server:
        for method in ("occlusion", "latent"):
            where = ["-p", f"method={method}", "--out", str(out), "--url", server.url]
            packshot("submit", "explain", files[0], *where)

    written = {path.name: path.read_bytes() for path in out.iterdir()}
    assert written == {
        "shoe-explain.jpg": b"bytes of r00",
        "shoe-explain-2.jpg": b"bytes of r10",
    }


def test_stages_are_written_beside_their_result(
    packshot: Run, files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    named = [{"name": name, "url": f"/v1/jobs/0/stages/{name}"} for name in ("matte", "0.plate")]
    shop = Shop(more={"stages": named})
    with scripted.serving(shop) as server:
        where = ["--out", str(out), "--url", server.url, "--json"]
        for _ in range(2):
            packshot("submit", "background", files[0], "--explain", *where)

    assert shop.orders[0]["explain"] is True
    assert {path.name: path.read_bytes() for path in out.iterdir()} == {
        "shoe-background.jpg": b"bytes of r00",
        "shoe-background.matte.png": b"stage matte",
        "shoe-background.0.plate.png": b"stage 0.plate",
        "shoe-background-2.jpg": b"bytes of r10",
        "shoe-background-2.matte.png": b"stage matte",
        "shoe-background-2.0.plate.png": b"stage 0.plate",
    }
    told, _ = json.JSONDecoder().raw_decode(capsys.readouterr().out)
    assert told["files"]["/v1/jobs/0/stages/matte"] == str(out / "shoe-background.matte.png")


def _checked(**statuses: str) -> dict[str, Any]:
    """The details of a picture that was checked, a rule for each word."""
    told = {
        name: {
            "preset": "amazon_main@1",
            "status": status,
            "rules": [
                {"rule": "fill", "status": status, "wanted": {"least": 0.85, "most": None},
                 "measured": {"long_side": 0.61234, "cut_by": []}, "why": "it is too small"},
                {"rule": "text", "status": "not_checked", "wanted": {}, "measured": {},
                 "why": None},
            ],
        }
        for name, status in statuses.items()
    }  # fmt: skip
    return {"scores": {"details": told}}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"check": "pass"}, 0),
        ({"check": "warn"}, 0),
        ({"check": "fail"}, 3),
        ({"check": "fail", "delivered": "pass"}, 0),
        ({"check": "fail", "delivered": "fail"}, 3),
        ({"delivered": "fail"}, 3),
    ],
)
def test_the_exit_code_says_whether_the_picture_as_it_was_left_failed_its_check(
    packshot: Run, files: list[str], found: dict[str, str], expected: int
) -> None:
    with scripted.serving(Shop(more=_checked(**found))) as server:
        order = ["submit", "check", files[0], "-p", "preset=amazon_main", "--url", server.url]
        codes = [packshot(*order, "--wait", *more) for more in ([], ["--json"])]

    assert codes == [expected, expected]


def test_a_check_is_shown_rule_by_rule(
    packshot: Run, files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted.serving(Shop(more=_checked(check="fail"))) as server:
        order = ["submit", "check", files[0], "-p", "preset=amazon_main", "--url", server.url]
        packshot(*order, "--wait")

    told = capsys.readouterr().out.splitlines()
    assert told[-6:] == [
        "",
        "amazon_main@1 as it came: fail (1 fail, 1 not_checked); job 0",
        "",
        "rule\tstatus\tmeasured\twanted\twhy",
        "fill\tfail\tlong_side 0.6123, cut_by none\tleast 0.85\tit is too small",
        "text\tnot_checked\t–\t–\t–",
    ]


def test_json_is_the_only_thing_on_standard_output(
    packshot: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted.serving(Shop()) as server:
        packshot("submit", "sample", "--wait", "--json", "--url", server.url)

    assert json.loads(capsys.readouterr().out)["jobs"][0]["state"] == "succeeded"


def test_a_job_that_did_not_succeed_makes_the_exit_code_say_so(
    packshot: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted.serving(Shop("failed")) as server:
        code = packshot("submit", "sample", "--wait", "--url", server.url)

    assert code == 1
    assert "gate" in capsys.readouterr().out


def test_what_the_api_refuses_is_said_with_code_and_pointer(
    packshot: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = {"pointer": "/operation/n", "code": "less_than_equal", "detail": "at most 64"}
    problem = {"code": "validation_error", "detail": "1 field is wrong", "errors": [wrong]}
    with scripted.serving(lambda _: Answer(422, problem)) as server:
        code = packshot("jobs", "--url", server.url)

    said = capsys.readouterr().err
    assert code == 2
    assert "validation_error: 1 field is wrong" in said
    assert "/operation/n: at most 64" in said


def test_what_is_wrong_is_said_once(packshot: Run, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {"pointer": "/operation/strenght", "code": "extra_forbidden", "detail": "not known"}
    problem = {
        "code": "validation_error",
        "detail": "/operation/strenght: not known",
        "errors": [wrong],
    }
    with scripted.serving(lambda _: Answer(422, problem)) as server:
        packshot("jobs", "--url", server.url)

    assert capsys.readouterr().err.count("/operation/strenght") == 1


def test_a_product_that_is_identical_is_called_so_where_no_number_can(
    packshot: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    same = {"psnr_db": None, "product_psnr_db": None, "product_identical": True}
    with scripted.serving(Shop(more=same)) as server:
        packshot("submit", "sample", "--wait", "--url", server.url)
    submitted = capsys.readouterr().out
    with scripted.serving(lambda _: {"items": [{"id": "r1", **same}]}) as server:
        packshot("results", "--url", server.url)
    listed = capsys.readouterr().out

    for table in (submitted, listed):
        head, line = table.splitlines()[:2]
        told = dict(zip(head.split("\t"), line.split("\t"), strict=True))
        assert (told["psnr_db"], told["product_psnr_db"]) == ("–", "identical")


@pytest.mark.parametrize("verb", ["keys", "tenants", "rules"])
def test_what_lists_by_itself_lists_by_name_too(
    packshot: Run, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    with scripted.serving(lambda _: {"items": [{"id": "k1", "name": "till"}]}) as server:
        alone = packshot(verb, "--url", server.url), capsys.readouterr().out
        named = packshot(verb, "list", "--url", server.url), capsys.readouterr().out

    assert alone == named
    assert alone[0] == 0
    assert len(alone[1].splitlines()) == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["denoise"], "denoise takes picture"),
        (["denoise", "nowhere.png"], "no file 'nowhere.png'"),
        (["sample", "-p", "n"], "--param wants name=value"),
        (["sample", "--gate", "ssim>0.9"], "--gate wants"),
    ],
)
def test_words_that_make_no_order_are_refused_before_anything_is_asked(
    packshot: Run, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    shop = Shop()
    with scripted.serving(shop) as server:
        code = packshot("submit", *words, "--url", server.url)

    assert code == 2
    assert sentence in capsys.readouterr().err
    assert not shop.orders


@pytest.mark.parametrize("operation", OPERATIONS)
def test_help_of_an_operation_names_each_of_its_parameters(
    packshot: Run, capsys: pytest.CaptureFixture[str], operation: str
) -> None:
    code = packshot("submit", operation, "--help")

    said = "".join(capsys.readouterr().out.split())
    assert code == 0
    assert all(name in said for name in schemas()[operation]["properties"])


def test_the_command_leaves_torch_and_celery_alone() -> None:
    program = "import sys, api.cli; print([n for n in ('torch', 'celery') if n in sys.modules])"

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert ran.stdout.strip() == "[]"


def test_without_a_key_it_says_where_one_is_looked_for(
    packshot: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted.serving(lambda _: Answer(401, {"code": "unauthenticated"})) as server:
        code = packshot("jobs", "--url", server.url)

    told = capsys.readouterr().err
    assert code == 2
    assert "unauthenticated" in told
    assert "API_KEY" in told


def test_a_new_key_is_all_that_is_on_standard_output(
    packshot: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted.serving(lambda _: Answer(201, {"id": "k1", "key": "psk_new"})) as server:
        packshot("keys", "add", "till", "--scope", "train", "--scope", "jobs:read",
                 "--tenant", "atelier", "--url", server.url)  # fmt: skip

    assert capsys.readouterr().out == "psk_new\n"
    (asked,) = server.asked
    assert asked.path == "/v1/keys?tenant=atelier"
    assert asked.json() == {
        "name": "till",
        "scopes": ["train", "jobs:read"],
        "expires_in_days": None,
    }


def test_a_cap_is_set_lifted_or_left_alone(packshot: Run) -> None:
    with scripted.serving(lambda _: {"name": "atelier"}) as server:
        packshot("tenants", "set", "atelier", "--max-queued", "none", "--url", server.url)
        packshot("tenants", "set", "atelier", "--max-running", "3", "--url", server.url)
        code = packshot("tenants", "set", "atelier", "--max-running", "-3", "--url", server.url)

    assert [one.json() for one in server.asked] == [{"max_queued": None}, {"max_running": 3}]
    assert {(one.method, one.path) for one in server.asked} == {("PATCH", "/v1/tenants/atelier")}
    assert code == 2


def test_all_files_are_the_views_of_one_spin(packshot: Run, files: list[str]) -> None:
    shop = Shop()
    with scripted.serving(shop) as server:
        packshot("submit", "spin", *files, "-p", "columns=2", "--url", server.url)

    assert [order["operation"] for order in shop.orders] == [
        {"op": "spin", "columns": 2, "views": [f"{PICTURE}1", f"{PICTURE}2"]}
    ]

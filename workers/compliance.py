"""Facts about a picture, held against a channel's rules: each passed, warned of, failed, or unseen.

What nothing here can see, such as a logo, is `not_checked`; it never passes for want of a look.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from db.operations.presets import Demand, Preset
from models.checking.framing import Framing
from models.checking.lettering import Line
from models.checking.whiteness import LEAST_LEVEL, RIM_PX, Whiteness
from models.checking.written import Written, is_named_as_written
from models.labels import SourceKind
from models.metrics.agreement import LIMIT as LEAST_AGREEMENT
from workers.verdict import Finding, Status, Verdict

_NOT_MET: Final[Mapping[Demand, Status]] = {"required": "fail", "advised": "warn"}
_LEAST_WHITE: Final = 0.999
_MOST_OFF_CENTRE: Final = 0.05
_SHADOW: Final = (
    "beside the product it is not white: a shadow, or light parts of it taken for ground"
)
_DOUBTFUL: Final = "rests on a product that two ways of finding it see differently"
_ON_PRODUCT: Final = "none on the ground; on the product nothing here can see them"
NO_DETECTOR: Final = "nothing here can see it; look yourself"


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is measured of a file and the picture in it.

    Attributes:
        name: of the file as it was sent, where one is known.
        width: in pixels, upright, as `height`.
        labelled: what the file's label says that it is; None without one.
        said: the most that any of its marks says; None where none says anything.
        framing: None where no product was found, as `whiteness`.
        agreement: of two ways to find the product, 0 to 1; None where it was known.
        transparent_share: of the picture; it was looked at over white.
        border_px: how far from each side a frame ends, empty without one.
        lines: of letters; None where the ground is too busy to tell.
    """

    file: Written
    name: str | None
    width: int
    height: int
    labelled: SourceKind | None
    said: SourceKind | None
    framing: Framing | None
    whiteness: Whiteness | None
    agreement: float | None
    transparent_share: float
    border_px: Mapping[str, int]
    lines: tuple[Line, ...] | None

    @property
    def is_doubtful(self) -> bool:
        """Two ways of finding the product see two products."""
        return self.agreement is not None and self.agreement < LEAST_AGREEMENT


def judge(preset: Preset, facts: Facts) -> Verdict:
    """Each rule that the preset has, in the order in which somebody would mend them."""
    findings = (
        *_file(preset, facts),
        *_pixels(preset, facts),
        *_product(preset, facts),
        *_ground(preset, facts),
        *_denied(preset, facts),
    )
    return Verdict(preset.label, findings)


def scores(facts: Facts) -> dict[str, float]:
    """The numbers among the facts that are kept as scores."""
    found: dict[str, float] = {}
    if facts.framing is not None:
        framed = facts.framing
        found |= {"fill_long_side": framed.long_side, "fill_bbox": framed.bbox}
        found |= {"fill_area": framed.area}
    if facts.whiteness is not None:
        found |= {"background_white_share": facts.whiteness.share}
    return found


def _file(preset: Preset, facts: Facts) -> Iterator[Finding]:
    rule, file = preset.file, facts.file
    yield _is(
        "format", file.format in rule.formats, {"format": file.format, "mode": file.mode},
        {"formats": list(rule.formats)},
    )  # fmt: skip
    yield _is(
        "file_bytes", file.bytes <= rule.most_bytes, {"bytes": file.bytes},
        {"most_bytes": rule.most_bytes},
    )  # fmt: skip
    if rule.extension == "none":
        return
    measured, wanted = {"name": facts.name, "format": file.format}, {"extension": rule.extension}
    if facts.name is None:
        why = "the picture came without a file's name"
        yield Finding("extension", "not_checked", measured, wanted, why)
        return
    is_so = is_named_as_written(facts.name, file.format)
    yield _is("extension", is_so, measured, wanted, demand=rule.extension)


def _pixels(preset: Preset, facts: Facts) -> Iterator[Finding]:
    rule, width, height = preset.pixels, facts.width, facts.height
    long_side, side, pixels = max(width, height), min(width, height), width * height
    wanted = rule.model_dump(exclude_none=True)
    if not wanted:
        return
    holds = (
        long_side >= (rule.least_long_side_px or 0)
        and side >= (rule.least_side_px or 0)
        and long_side <= (rule.most_long_side_px or long_side)
        and pixels <= (rule.most_megapixels or pixels) * 1e6
    )
    good: Status = "pass" if long_side >= (rule.best_long_side_px or 0) else "warn"
    measured = {"width": width, "height": height}
    yield Finding("pixels", good if holds else "fail", measured, wanted)


def _product(preset: Preset, facts: Facts) -> Iterator[Finding]:
    """What only a picture with a product can be asked."""
    rule = preset.fill
    yield _found(preset, facts)
    if facts.framing is not None:
        found = _framing(preset, facts.framing)
        yield from map(_doubted, found) if facts.is_doubtful else found
        return
    asked = {"fill": rule.long_side, "whole": rule.whole, "centred": rule.centred}
    for name, demand in asked.items():
        if demand != "none":
            yield Finding(name, "not_checked", {}, {}, "no product was found")


def _framing(preset: Preset, framed: Framing) -> Iterator[Finding]:
    rule = preset.fill
    if rule.long_side != "none":
        fills = {"long_side": framed.long_side, "bbox": framed.bbox, "area": framed.area}
        wanted = {"least": rule.least, "most": rule.most}
        holds = (rule.least or 0) <= framed.long_side <= (rule.most or 1)
        yield _is("fill", holds, fills, wanted, demand=rule.long_side)
    if rule.whole != "none":
        cut = {"cut_by": list(framed.cut_by)}
        yield _is("whole", not framed.cut_by, cut, {"cut_by": []}, demand=rule.whole)
    if rule.centred != "none":
        off, most = {"off_centre": framed.off_centre}, {"most_off_centre": _MOST_OFF_CENTRE}
        holds = framed.off_centre <= _MOST_OFF_CENTRE
        yield _is("centred", holds, off, most, demand=rule.centred)


def _found(preset: Preset, facts: Facts) -> Finding:
    """Without a product nothing can be said of it; with a doubtful one, little."""
    if facts.framing is None:
        demands = (preset.fill.long_side, preset.fill.whole, preset.background.white)
        status: Status = "fail" if "required" in demands else "warn"
        why = "no_product: none stands out from the picture's border; give a mask if there is one"
        return Finding("product", status, {"found": False}, {}, why)
    measured = {"found": True, "agreement": facts.agreement}
    wanted = {"least_agreement": LEAST_AGREEMENT}
    if facts.is_doubtful:
        why = "two ways to find it see two products, so its fill and ground are not proven"
        return Finding("product", "warn", measured, wanted, why)
    return Finding("product", "pass", measured, wanted)


def _doubted(finding: Finding) -> Finding:
    """Who may have missed half of the product does not fail it for being small."""
    if finding.status != "fail":
        return finding
    return replace(finding, status="warn", why=_DOUBTFUL)


def _ground(preset: Preset, facts: Facts) -> Iterator[Finding]:
    demand, ground = preset.background.white, facts.whiteness
    if demand == "none":
        return
    wanted = {"white": demand, "least_share": _LEAST_WHITE, "least_level": LEAST_LEVEL}
    wanted |= {"rim_px": RIM_PX}
    if ground is None:
        why = "without a product, or where it takes all, there is no ground to look at"
        yield Finding("background", "not_checked", {}, wanted, why)
        return
    measured = {**asdict(ground), "transparent_share": facts.transparent_share}
    if ground.share >= _LEAST_WHITE and facts.transparent_share > 0:
        why = "what is transparent was taken as white; a channel may show it black"
        yield Finding("background", "warn", measured, wanted, why)
        return
    if ground.share < _LEAST_WHITE <= ground.frame_share:
        yield Finding("background", "warn", measured, wanted, _SHADOW)
        return
    yield _is("background", ground.share >= _LEAST_WHITE, measured, wanted, demand=demand)


def _denied(preset: Preset, facts: Facts) -> Iterator[Finding]:
    for name in preset.denied:
        wanted = {"denied": name}
        if name == "border":
            yield _is("border", not facts.border_px, {"border_px": dict(facts.border_px)}, wanted)
        elif name == "generated":
            yield _generated(facts.said, wanted)
        elif name == "text":
            yield _text(facts.lines, wanted)
        else:
            yield Finding(name, "not_checked", {}, wanted, NO_DETECTOR)
    if preset.keeps_label:
        told = facts.labelled is not None and facts.labelled != "original"
        why = None if told else "without a label nobody can see whether it was generated"
        status: Status = "pass" if told else "not_checked"
        yield Finding(
            "label_kept", status, {"label": facts.labelled}, {"generated": "labelled"}, why
        )


def _text(lines: tuple[Line, ...] | None, wanted: Mapping[str, Any]) -> Finding:
    """What stands beside the product was written there; that there is none says little."""
    if lines is None:
        return Finding(
            "text", "not_checked", {}, wanted, "the ground is too busy to see letters on"
        )
    beside = [one.box for one in lines if one.beside]
    measured = {"lines": len(lines), "beside": beside}
    if beside:
        return Finding("text", "fail", measured, wanted)
    if lines:
        why = "letters near the product: look whether they are its own"
        return Finding("text", "warn", measured, wanted, why)
    return Finding("text", "not_checked", measured, wanted, _ON_PRODUCT)


def _generated(kind: SourceKind | None, wanted: Mapping[str, Any]) -> Finding:
    """A mark that says so is believed; that there is none says nothing, nor does `original`."""
    measured = {"label": kind}
    match kind:
        case "generated":
            return Finding("generated", "fail", measured, wanted)
        case "composite":
            why = "the product is said to be real, what is around it is not"
            return Finding("generated", "warn", measured, wanted, why)
        case "enhanced":
            return Finding("generated", "pass", measured, wanted)
        case "original" | None:
            why = "without a label nobody can see whether it was generated"
            return Finding("generated", "not_checked", measured, wanted, why)


def _is(
    rule: str,
    holds: bool,  # noqa: FBT001 — what the rule's name asks
    measured: Mapping[str, Any],
    wanted: Mapping[str, Any],
    *,
    demand: Demand = "required",
) -> Finding:
    return Finding(rule, "pass" if holds else _NOT_MET[demand], measured, wanted)

"""Versions: what serves, what could, what was measured of it; put into service and taken back."""

import json
from collections import defaultdict
from collections.abc import Mapping

from fastapi import APIRouter, Request, Response

from api.admin import forms, pages
from api.admin.door import Sent, SignedIn
from api.routes import versions
from api.schemas.versions import PromotionsQuery, VersionOut

router = APIRouter(prefix="/admin/versions")


@router.get("")
def page(request: Request, admin: SignedIn) -> Response:
    """By network, what serves first; then every change of what serves."""
    networks: dict[str, list[VersionOut]] = defaultdict(list)
    for version in versions.all_versions(admin.tenant).items:
        networks[version.network].append(version)
    for of_network in networks.values():
        of_network.sort(key=lambda version: version.state != "serving" or version.shipped)
    promotions = versions.all_promotions(PromotionsQuery(), admin.tenant).items
    return pages.show(
        request,
        "versions.html",
        networks=dict(sorted(networks.items())),
        promotions=promotions,
        labels={version.id: version.label for group in networks.values() for version in group},
        undoable={one.network for one in promotions if one.undone_at is None},
    )


@router.get("/{version}")
def one(request: Request, admin: SignedIn, version: str) -> Response:
    """Its card, and everything that was measured of it."""
    return pages.show(request, "version.html", version=versions.find(version, admin.tenant))


@router.post("/rollback")
def roll_back(admin: SignedIn, sent: Sent) -> Response:
    versions.roll_back(_raw({"network": sent.get("network", "")}), admin.caller)
    return pages.back_to("/admin/versions", did="rolled_back")


@router.post("/{version}/promote")
def promote(admin: SignedIn, sent: Sent, version: str) -> Response:
    """For all jobs or a share; refused unless it was measured to be better, or it is forced."""
    asked: dict[str, object] = {"share": forms.number(sent, "share", 1.0), "force": "force" in sent}
    asked |= {name: sent[name] for name in ("reason",) if name in sent}
    versions.promote(version, _raw(asked), admin.caller)
    return pages.back_to(f"/admin/versions/{version}", did="promoted")


def _raw(asked: Mapping[str, object]) -> bytes:
    """As a JSON body it passes the very checks of the API."""
    return json.dumps(asked).encode()

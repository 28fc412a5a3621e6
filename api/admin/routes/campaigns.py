"""Campaigns: what each arm was chosen, seen, clicked and ordered, and which one is ahead."""

from fastapi import APIRouter, Request, Response

from api.admin import forms, pages
from api.admin.door import Sent, SignedIn
from api.routes import campaigns
from api.schemas.base import PageQuery

router = APIRouter(prefix="/admin/campaigns")


@router.get("")
def page(request: Request, admin: SignedIn) -> Response:
    """Newest first."""
    told = campaigns.page(forms.asked(request, PageQuery), admin.tenant)
    return pages.show(request, "campaigns.html", campaigns=told)


@router.get("/{campaign_id}")
def one(request: Request, admin: SignedIn, campaign_id: str) -> Response:
    """One with its arms, on one scale of rates."""
    told = campaigns.find(campaign_id, admin.tenant)
    widest = max((arm.rate.high for arm in told.arms), default=1.0)
    return pages.show(request, "campaign.html", campaign=told, widest=widest)


@router.post("/{campaign_id}/arms/{result_id}/retire")
def retire(admin: SignedIn, _sent: Sent, campaign_id: str, result_id: str) -> Response:
    campaigns.retire(campaign_id, result_id, admin.tenant)
    return pages.back_to(f"/admin/campaigns/{campaign_id}", did="retired")


@router.post("/{campaign_id}/close")
def close(admin: SignedIn, _sent: Sent, campaign_id: str) -> Response:
    campaigns.close(campaign_id, admin.tenant)
    return pages.back_to(f"/admin/campaigns/{campaign_id}", did="closed")

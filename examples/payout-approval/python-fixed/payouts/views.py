import stripe
from django.contrib.admin.views.decorators import staff_member_required
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from .models import Payout, PayoutAudit

TRANSITIONS = {
    "requested": ["approved", "rejected"],
    "approved": ["processing", "cancelled"],
    "processing": ["paid", "failed"],
    "failed": ["requested"],
    "cancelled": ["requested"],
}


@require_POST
@staff_member_required
def transition(request, pk):
    prior, new = request.POST["from"], request.POST["to"]
    if new not in TRANSITIONS.get(prior, []):
        return JsonResponse({"error": "illegal_transition"}, status=422)

    changed = Payout.objects.filter(pk=pk, status=prior).update(status=new, reviewer=request.user.username)
    payout = get_object_or_404(Payout, pk=pk)
    if changed == 0:
        return JsonResponse(
            {"error": "conflict", "current_status": payout.status, "current_reviewer": payout.reviewer}, status=409
        )
    PayoutAudit.objects.create(payout=payout, prior_status=prior, new_status=new, actor=request.user.username)

    if new == "approved":
        stripe.Transfer.create(
            amount=payout.amount_cents, currency="eur", destination=payout.destination, idempotency_key=f"payout-{pk}"
        )
    return JsonResponse({"status": new})

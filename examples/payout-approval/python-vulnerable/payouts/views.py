import stripe
from django.contrib.admin.views.decorators import staff_member_required
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from .models import Payout


@require_POST
@staff_member_required
def approve(request, pk):
    payout = get_object_or_404(Payout, pk=pk)
    payout.status = Payout.Status.APPROVED
    payout.reviewer = request.user.username
    payout.save()
    stripe.Transfer.create(amount=payout.amount_cents, currency="eur", destination=payout.destination)
    return JsonResponse({"status": payout.status})


@require_POST
@staff_member_required
def reject(request, pk):
    Payout.objects.filter(pk=pk).update(status=Payout.Status.REJECTED, reviewer=request.user.username)
    return JsonResponse({"status": "rejected"})

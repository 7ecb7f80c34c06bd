from django.db import models


class Payout(models.Model):
    class Status(models.TextChoices):
        REQUESTED = "requested"
        APPROVED = "approved"
        REJECTED = "rejected"
        PROCESSING = "processing"
        PAID = "paid"

    status = models.CharField(max_length=12, choices=Status.choices, default=Status.REQUESTED)
    amount_cents = models.IntegerField()
    destination = models.CharField(max_length=64)
    reviewer = models.CharField(max_length=64, null=True)


class PayoutAudit(models.Model):
    payout = models.ForeignKey(Payout, on_delete=models.CASCADE)
    prior_status = models.CharField(max_length=12)
    new_status = models.CharField(max_length=12)
    actor = models.CharField(max_length=64)
    transition_at = models.DateTimeField(auto_now_add=True)

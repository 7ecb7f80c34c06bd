from django.db import models
from django.db.models import Q


class State(models.TextChoices):
    OPEN = "open", "Open"
    TAKEN = "taken", "Taken"


KINDS = [("single", "Single"), ("double", "Double")]


class Stamped(models.Model):
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class Seat(Stamped):
    code = models.CharField(max_length=8, unique=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    kind = models.CharField(max_length=8, choices=KINDS)
    row = models.ForeignKey("Row", on_delete=models.CASCADE, related_name="seats")
    guest = models.OneToOneField("auth.User", null=True, on_delete=models.SET_NULL)
    number = models.IntegerField(db_column="no")
    tags = models.ManyToManyField("Tag")

    class Meta:
        db_table = "hall_seats"
        unique_together = [("row", "number")]
        constraints = [
            models.UniqueConstraint(fields=["row", "kind"], name="one_kind", condition=Q(guest__isnull=True)),
            models.CheckConstraint(check=Q(number__gt=0), name="positive"),
        ]


class Row(models.Model):
    class Meta:
        unique_together = ("hall", "letter")

    hall = models.IntegerField()
    letter = models.CharField(max_length=1)

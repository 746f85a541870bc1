from django.db import models


class ThrottleCounter(models.Model):
    """Hits in one bucket and one window of real time. The bucket is a keyed hash: no address is stored."""

    bucket = models.CharField("计数对象", max_length=96)
    window = models.BigIntegerField("时段")
    hits = models.PositiveIntegerField("次数", default=0)

    class Meta:
        verbose_name = "访问计数"
        verbose_name_plural = "访问计数"
        constraints = [
            models.UniqueConstraint(fields=["bucket", "window"], name="throttle_bucket_window_unique")
        ]

    def __str__(self) -> str:
        return f"{self.bucket[:24]}@{self.window}"

from django.apps import AppConfig


class HongyaPortalConfig(AppConfig):
    name = "hongya_portal"
    label = "portal"
    verbose_name = "门户"

    def ready(self) -> None:
        from hongya_portal import checks  # noqa: F401  (registers the system checks)

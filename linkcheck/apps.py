from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LinkcheckConfig(AppConfig):
    name = "linkcheck"
    verbose_name = _("Link checking")

    def ready(self) -> None:
        from linkcheck import checks  # noqa: F401 - registers them
        from linkcheck.personal_data import register_personal_data
        from linkcheck.tracking import register_linkcheck

        register_linkcheck()
        register_personal_data()

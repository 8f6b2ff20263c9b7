from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TalkConfig(AppConfig):
    name = "talk"
    verbose_name = _("Talk")

    def ready(self) -> None:
        from talk.personal_data import register_personal_data
        from talk.tracking import register_talk

        register_talk()
        register_personal_data()

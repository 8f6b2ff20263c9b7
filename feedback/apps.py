from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FeedbackConfig(AppConfig):
    name = "feedback"
    verbose_name = _("Feedback")

    def ready(self) -> None:
        from feedback.personal_data import register_personal_data
        from feedback.suggestion_handler import register_suggestions

        register_suggestions()
        register_personal_data()

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FeedbackConfig(AppConfig):
    name = "feedback"
    verbose_name = _("Feedback")

    def ready(self) -> None:
        from changes.leading import attach
        from feedback.models import Suggestion, Vote
        from feedback.personal_data import register_personal_data
        from feedback.suggesting import settle_suggestions
        from feedback.suggestion_handler import register_suggestions
        from feedback.voting import settle_votes

        register_suggestions()
        attach(Vote, settle=settle_votes)
        attach(Suggestion, settle=settle_suggestions)
        register_personal_data()

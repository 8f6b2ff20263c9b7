from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChangesConfig(AppConfig):
    name = "changes"
    verbose_name = _("Changes")

    def ready(self) -> None:
        from changes.counting import count_write
        from changes.letters import register_notices
        from changes.people import register_people
        from changes.personal_data import register_personal_data
        from changes.recording import guard
        from changes.reverting import register_reverting
        from changes.taking_back import register_collecting
        from changes.watching import register_watching

        register_people()
        register_notices()
        register_personal_data()
        register_collecting()
        register_reverting()
        register_watching()
        guard(count_write)

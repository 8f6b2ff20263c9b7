from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WikiConfig(AppConfig):
    name = "wiki"
    verbose_name = _("Wiki")

    def ready(self) -> None:
        from wiki.images import register_images
        from wiki.paths.personal_data import register_personal_data
        from wiki.paths.proposals import register_path_proposals
        from wiki.paths.tracking import register_paths
        from wiki.proposals import register_page_proposals
        from wiki.tracking import register_wiki

        register_wiki()
        register_page_proposals()
        register_images()
        register_paths()
        register_personal_data()
        register_path_proposals()

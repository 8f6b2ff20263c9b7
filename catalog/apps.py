from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    name = "catalog"
    verbose_name = _("Catalog")

    def ready(self) -> None:
        from catalog.proposals import register_catalog_proposals
        from catalog.tracking import register_catalog

        register_catalog()
        register_catalog_proposals()

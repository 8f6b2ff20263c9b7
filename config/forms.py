"""How every Django form is drawn: error summary, labels, help, errors beside the field."""

from django.forms.renderers import TemplatesSetting


class PerennialRenderer(TemplatesSetting):
    """Draw ``{{ form }}`` by ``_form.html`` and ``field.as_field_group`` by ``_field.html``."""

    form_template_name = "_form.html"
    field_template_name = "_field.html"

"""The ladder of groups, and how an app's data migration gives them permissions.

An app says what its groups may do in a migration of its own, named ``…_roles`` so that the tests
can run it again after a flush::

    class Migration(migrations.Migration):
        dependencies = [("accounts", "0002_roles"), ("wiki", "0001_initial")]
        operations = [granting("wiki", {CONTRIBUTORS: ["add_page", "change_page"]})]
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group
from django.db import migrations

from accounts.models import User

# From the bottom to the top. Newcomers propose; contributors publish on what is open; editors also
# rename and tidy; of the trusted nobody checks the edits, and they write on what is protected.
NEWCOMERS: Final = "Newcomers"
CONTRIBUTORS: Final = "Contributors"
EDITORS: Final = "Editors"
TRUSTED: Final = "Trusted"
MODERATORS: Final = "Moderators"
GROUPS: Final = (NEWCOMERS, CONTRIBUTORS, EDITORS, TRUSTED, MODERATORS)

Rights = Mapping[str, Iterable[str]]


def put_in_group(*, user: User, group: str) -> bool:
    """Make ``user`` a member of the group of that name; say whether that changed anything.

    Raise ``Group.DoesNotExist`` for a name that is not in ``GROUPS``.
    """
    if user.groups.filter(name=group).exists():
        return False
    user.groups.add(Group.objects.get(name=group))
    return True


def grant(apps: Apps, app_label: str, rights: Rights) -> None:
    """Give each group of ``rights`` the permissions ``app_label.<codename>``; safe to run twice.

    Made for migrations, where Django has not made the permission rows yet (it does so after the
    last migration): they are made here first. Raise ``LookupError`` for a codename that no model
    of the app declares.
    """
    group_model = apps.get_model("auth", "Group")
    for name, codenames in rights.items():
        group, _ = group_model.objects.get_or_create(name=name)
        group.permissions.add(*_find_permissions(apps, app_label, codenames))


def revoke(apps: Apps, app_label: str, rights: Rights) -> None:
    """Take back what ``grant`` gave."""
    group_model = apps.get_model("auth", "Group")
    for name, codenames in rights.items():
        for group in group_model.objects.filter(name=name):
            group.permissions.remove(*_find_permissions(apps, app_label, codenames))


def granting(app_label: str, rights: Rights) -> migrations.RunPython:
    """Return the migration operation that grants ``rights``, and revokes them backwards."""
    return migrations.RunPython(
        partial(_run, grant, app_label, rights), partial(_run, revoke, app_label, rights)
    )


def _run(function: Any, app_label: str, rights: Rights, apps: Apps, schema_editor: Any) -> None:
    function(apps, app_label, rights)


def _find_permissions(apps: Apps, app_label: str, codenames: Iterable[str]) -> list[Any]:
    wanted = sorted(set(codenames))
    permissions = apps.get_model("auth", "Permission").objects
    rows = {"content_type__app_label": app_label, "codename__in": wanted}
    found = {row.codename: row for row in permissions.filter(**rows)}
    if len(found) < len(wanted):
        _make_permissions(apps, app_label)
        found = {row.codename: row for row in permissions.filter(**rows)}
    missing = [codename for codename in wanted if codename not in found]
    if missing:
        raise LookupError(f"no permission {app_label}.{', '.join(missing)}")
    return [found[codename] for codename in wanted]


def _make_permissions(apps: Apps, app_label: str) -> None:
    config: Any = apps.get_app_config(app_label)
    module = getattr(config, "models_module", None)
    # The state of a migration has no models module, and Django skips an app without one.
    config.models_module = module or True
    try:
        create_permissions(config, verbosity=0, interactive=False, apps=apps)
    finally:
        config.models_module = module

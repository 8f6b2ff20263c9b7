"""What may change the catalog: every write of a section or a resource is one of these."""

from catalog.editing.again import list_again, refuse_declined
from catalog.editing.copies import use_archived_copy
from catalog.editing.merging import merge_entries, merge_resources
from catalog.editing.resources import (
    AlreadyListedError,
    create_resource,
    edit_resource,
    replace_resource_urls,
    restore_resource,
    retire_resource,
    revert_resource,
)
from catalog.editing.sections import (
    clean_section_id,
    create_section,
    create_section_from,
    edit_section,
    replace_section_urls,
    revert_section,
)

__all__ = [
    "AlreadyListedError",
    "clean_section_id",
    "create_resource",
    "create_section",
    "create_section_from",
    "edit_resource",
    "edit_section",
    "list_again",
    "merge_entries",
    "merge_resources",
    "refuse_declined",
    "replace_resource_urls",
    "replace_section_urls",
    "restore_resource",
    "retire_resource",
    "revert_resource",
    "revert_section",
    "use_archived_copy",
]

"""An awesome list applied to the catalog: safe to run twice, never over a person's edit.

What the file says is compared with what the same list said at its last import (the base) and with
what stands in the catalog. A field that only the file changed is taken, one that only people
changed is kept, and where both did, the catalog's stays and the report says so. An entry that came
from another list or from a person is filled where it is empty. So a second run writes nothing.
"""

from catalog.importing.lists import ImportResult, import_list

__all__ = ["ImportResult", "import_list"]

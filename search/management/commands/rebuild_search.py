"""``manage.py rebuild_search``: makes every document of the search anew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from search.indexing import rebuild
from search.sources import TYPES, read_ids


class Command(BaseCommand):
    help = (
        "Make every document of the search anew from pages, resources and sections. "
        "Needed after an upgrade that changes how texts are analysed; readers may go on."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        total = sum(1 for object_type in TYPES for _pk in read_ids(object_type))
        done = 0
        with tqdm(total=total, unit="object", disable=None) as bar:
            for count in rebuild():
                done += count
                bar.update(count)
        self.stdout.write(f"{done} objects are in the search as they are now.")

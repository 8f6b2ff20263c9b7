"""The shared test vectors, read where they stand; tests that need them skip where they do not."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

VECTORS = Path(settings.BASE_DIR).parent / "shared" / "vectors"
needs_vectors = pytest.mark.skipif(
    not VECTORS.is_dir(), reason="the shared test vectors are not beside the project"
)


def load_json(name: str) -> Any:
    return json.loads((VECTORS / name).read_text(encoding="utf-8")) if VECTORS.is_dir() else []


def load_jsonl(name: str) -> list[Any]:
    lines = (VECTORS / name).read_text(encoding="utf-8").splitlines() if VECTORS.is_dir() else []
    return [json.loads(line) for line in lines]

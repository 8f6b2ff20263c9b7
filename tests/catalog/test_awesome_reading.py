"""Files that are text, and files that are not."""

import pytest

from catalog.awesome import UnreadableList, decode_list, read_list


def test_text_is_read_without_byte_order_mark_and_with_plain_line_ends(tmp_path):
    path = tmp_path / "list.md"
    path.write_bytes("\ufeff# Añ\r\n- b\r".encode())
    assert read_list(path) == "# Añ\n- b\n"


def test_an_empty_file_is_an_empty_text():
    assert decode_list(b"") == ""


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"\x89PNG\r\n\0\0", "binary"),
        ("# Lista".encode("utf-16"), "binary"),
        ("fine\nse\xf1or".encode("latin-1"), "line 2"),
        (b"x" * (4 * 1024 * 1024 + 1), "larger"),
    ],
)
def test_other_files_are_refused_with_a_reason(data, word):
    with pytest.raises(UnreadableList, match=word):
        decode_list(data)


def test_a_missing_file_and_a_directory_are_refused_with_their_path(tmp_path):
    for path in (tmp_path / "missing.md", tmp_path):
        with pytest.raises(UnreadableList, match=str(path)):
            read_list(path)

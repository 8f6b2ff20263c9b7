"""Uploading pictures: what is taken, what is made of it, who may, and how it can be taken back."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from accounts.limits import LimitReachedError
from accounts.models import User
from accounts.roles import NEWCOMERS
from catalog.editing import edit_section
from changes.recording import Authorship
from moderation.models import Decision
from moderation.undoing import undo_decision
from tests.cast import make_user
from tests.changes.content import edit, make_page, make_section
from tests.wiki.pictures import draw, upload
from wiki.image_files import MAX_SIDE, image_path, prepare_image
from wiki.image_models import Image
from wiki.images import delete_image
from wiki.models import PageImage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def animation(frames: int, size: tuple[int, int] = (8, 8), kind: str = "GIF") -> bytes:
    stills = [Pillow.new("RGB", size, (number * 97 % 256, number, 60)) for number in range(frames)]
    out = BytesIO()
    stills[0].save(out, format=kind, save_all=True, append_images=stills[1:], duration=50)
    return out.getvalue()


def png_of_size(width: int, height: int) -> bytes:
    """A PNG whose head promises that size, and which holds nearly nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def test_metadata_goes_and_the_picture_stands_upright():
    exif = Pillow.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010E] = "SecretPlace"
    data = draw((80, 60), kind="JPEG", exif=exif, comment=b"SecretComment")
    assert b"SecretPlace" in data
    assert b"SecretComment" in data
    made = prepare_image(data)
    assert (made.width, made.height) == (60, 80)
    assert b"Secret" not in made.data
    assert not Pillow.open(BytesIO(made.data)).getexif()
    words = PngInfo()
    words.add_text("Author", "SecretAuthor")
    assert b"Secret" not in prepare_image(draw(pnginfo=words)).data
    assert b"Secret" not in prepare_image(draw(kind="WEBP", exif=exif)).data
    assert b"Secret" not in prepare_image(draw() + b"SecretTail").data


@pytest.mark.parametrize(
    ("kind", "ending"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp"), ("GIF", "png")]
)
def test_four_kinds_are_taken_and_named_by_content_and_size(kind, ending):
    made = prepare_image(draw(kind=kind))
    assert made.name.endswith(f"-8x6.{ending}")
    assert made == prepare_image(draw(kind=kind))


def test_a_large_picture_is_made_smaller():
    made = prepare_image(draw((3000, 1000), kind="JPEG"))
    assert (made.width, made.height) == (MAX_SIDE, 667)


def test_an_animation_stays_one():
    made = prepare_image(animation(3))
    assert made.name.endswith("-8x8.gif")
    assert Pillow.open(BytesIO(made.data)).n_frames == 3  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "cannot be read"),
        (b"hello", "cannot be read"),
        (draw()[:40], "cannot be read"),
        (b"%PDF-1.7 ...", "cannot be read"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "SVG is not possible"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<svg/>', "SVG is not possible"),
        (png_of_size(60_000, 60_000), "too many pixels"),
        (png_of_size(5_000, 5_000), "too many pixels"),
        (animation(120), "animation is too large"),
        (animation(20, (900, 900)), "animation is too large"),
        (animation(2, kind="WEBP"), "GIF only"),
        (b"x" * (5 * 1024 * 1024 + 1), "at most 5 MB"),
    ],
    ids=range(12),
)
def test_other_files_are_refused_with_a_reason(data, words):
    with pytest.raises(ValidationError, match=words):
        prepare_image(data)


def test_a_file_that_is_two_kinds_at_once_keeps_only_the_picture():
    made = prepare_image(draw(kind="GIF") + b"<script>alert(1)</script>")
    assert b"script" not in made.data


def test_the_same_picture_is_here_once(alice: User, bob: User):
    first, again = upload(alice), upload(bob, alt="Otherwise")
    assert first == again
    assert again.alt == "A diagram"


def test_newcomers_may_not_and_others_only_so_often(alice: User, settings: Any):
    with pytest.raises(PermissionDenied):
        upload(make_user("newcomer-zed", NEWCOMERS))
    settings.RATE_LIMITS["upload"]["user"] = settings.RATE_LIMITS["report"]["anonymous"]  # 5/1h
    for _number in range(5):
        upload(alice)
    with pytest.raises(LimitReachedError, match="upload"):
        upload(alice)


def send(client: Client, data: bytes, **values: str) -> Any:
    file = SimpleUploadedFile("../../x.php", data, content_type="text/html")
    values = {"alt": "A diagram", "credit": "Ana, CC BY 4.0", **values}
    return client.post("/images/upload/", {"file": file, **values})


def test_a_form_takes_a_picture_and_says_what_to_write(client: Client, alice: User):
    client.force_login(alice)
    assert 'role="alert"' not in client.get("/images/upload/").text
    answer = send(client, draw(), alt="Two [halves]")
    shown = client.get(answer.url)
    image = Image.objects.get()
    assert image.uploader == alice
    assert answer.url == f"/images/{image.name}/about/"
    assert f"![Two \\[halves\\]](/images/{image.name} &quot;Ana, CC BY 4.0&quot;)" in shown.text
    assert "No page shows it." in shown.text
    for data, words in ((b"<svg/>", "SVG is not possible"), (b"x" * 6_000_000, "at most 5 MB")):
        refused = send(client, data)
        assert words in refused.text
        assert 'value="A diagram"' in refused.text
    assert "required" in send(client, draw(), alt=" ").text


def test_the_file_is_served_for_long_and_does_nothing(client: Client, alice: User):
    image = upload(alice)
    answer = client.get(image.source)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert set(policy.split("; ")) == {"sandbox", "default-src 'none'"}
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.content == image_path(image.name).read_bytes()
    kept = client.get(image.source, headers={"If-None-Match": answer.headers["ETag"]})
    assert kept.status_code == 304
    assert client.get(image.source.replace("8x6", "9x6")).status_code == 404
    assert client.get("/images/../manage.py").status_code == 404


def test_a_page_shows_a_figure_that_knows_its_size(client: Client, alice: User):
    image = upload(alice)
    page = make_page(alice, body=f"{image.markdown}\n\nSmall: ![x]({image.source}) here.\n")
    html = client.get(page.get_absolute_url()).text
    assert (
        f'<figure><img src="{image.source}" alt="A diagram" loading="lazy" width="8" height="6"'
        ' decoding="async"><figcaption>Ana, CC BY 4.0</figcaption></figure>'
    ) in html
    assert f'<p>Small: <img src="{image.source}" alt="x"' in html
    assert list(PageImage.objects.values_list("page", "name")) == [(page.pk, image.name)]
    assert page.title in client.get(image.get_absolute_url()).text


def test_pictures_that_nothing_shows_are_listed(client: Client, alice: User, erin: User):
    used, in_section, orphan = (upload(alice, draw((size, 6))) for size in (10, 20, 30))
    page = make_page(alice, body=used.markdown)
    values = {"introduction": in_section.markdown}
    section = make_section(erin, "Shown")
    edit_section(section_id=section.pk, base_version=1, values=values, by=Authorship(actor=erin))
    assert list(Image.objects.unused()) == [orphan]
    answer = client.get("/images/?unused=yes").text
    assert orphan.source in answer
    assert used.source not in answer
    assert client.get("/images/").text.count("<img") == 3
    edit(page, "Nothing.\n", alice)
    assert set(Image.objects.unused()) == {used, orphan}


def test_a_moderator_takes_a_picture_away_and_it_can_come_back(
    client: Client, alice: User, maria: User
):
    image = upload(alice, alt="LeakedWords")
    client.force_login(maria)
    client.post(f"/images/{image.name}/delete/", {"reason": "Not ours."})
    client.logout()
    assert client.get(image.source).status_code == 404
    assert client.get(image.get_absolute_url()).status_code == 404
    assert image.name not in client.get("/images/").text
    assert "LeakedWords" not in client.get("/log/").text
    with pytest.raises(ValidationError, match="deleted this picture"):
        upload(alice)
    decision = Decision.objects.get(kind="image")
    assert (decision.action, decision.reason) == ("delete", "Not ours.")
    undo_decision(decision_id=decision.pk, actor=maria)
    assert client.get(image.source).status_code == 200
    with pytest.raises(PermissionDenied):
        delete_image(image_id=image.pk, reason="Mine.", by=alice)
    client.force_login(maria)
    client.post(f"/images/{image.name}/delete/", {"reason": "Not ours."})
    client.post(f"/images/{image.name}/restore/")
    assert not Image.objects.get().is_deleted


def test_a_deleted_page_is_no_use_of_a_picture(client: Client, alice: User, maria: User):
    from wiki.editing import delete_page

    image = upload(alice)
    page = make_page(alice, "Secret title", body=image.markdown)
    delete_page(page_id=page.pk, reason="Private.", by=Authorship(actor=maria))
    assert "Secret title" not in client.get(image.get_absolute_url()).text
    assert list(Image.objects.unused()) == [image]

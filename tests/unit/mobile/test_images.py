"""What is taken for an image, and what is left of it."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobile.images import MOST_BYTES, Unfit, checked
from tests.images import BASELINE, PROGRESSIVE, SECRET, chunk, png, segment, with_segment

IMAGES = {"png": png(), "jpeg": BASELINE, "progressive": PROGRESSIVE}
every_image = pytest.mark.parametrize("content", IMAGES.values(), ids=IMAGES)


def refused(content: bytes) -> str:
    with pytest.raises(Unfit) as unfit:
        checked(content)
    return unfit.value.reason


@every_image
def test_an_image_is_known_and_measured(content: bytes) -> None:
    image = checked(content)

    assert (image.width, image.height) == (40, 48)
    assert image.media_type == ("image/png" if content.startswith(b"\x89PNG") else "image/jpeg")


@every_image
def test_what_was_checked_is_checked_to_the_same(content: bytes) -> None:
    once = checked(content)

    assert checked(once.content) == once


@pytest.mark.parametrize(
    "content",
    [
        png(40, 48, chunk(b"tEXt", b"Comment\0" + SECRET)),
        png(40, 48, chunk(b"eXIf", SECRET)),
        png() + SECRET,
        with_segment(BASELINE, 0xE1, b"Exif\0\0" + SECRET),
        with_segment(BASELINE, 0xFE, SECRET),
        with_segment(PROGRESSIVE, 0xED, SECRET),
        BASELINE + SECRET,
        BASELINE[:-2] + segment(0xFE, SECRET) + BASELINE[-2:],
    ],
)
def test_nothing_but_the_picture_is_left(content: bytes) -> None:
    image = checked(content)

    assert SECRET not in image.content
    assert image.content in {checked(png()).content, checked(BASELINE).content, checked(PROGRESSIVE).content}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "NOT_AN_IMAGE"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "NOT_AN_IMAGE"),
        (b"GIF89a" + b"\0" * 100, "NOT_AN_IMAGE"),
        (b"%PDF-1.7", "NOT_AN_IMAGE"),
        (b"\xff\xd8\xff", "BROKEN"),
        (b"\x89PNG\r\n\x1a\n", "BROKEN"),
        (png()[:-20], "BROKEN"),
        (png().replace(b"IDAT", b"IDAX"), "BROKEN"),
        (png(pixels=b"no pixels"), "BROKEN"),
        (png(pixels=zlib.compress(b"\0" * 100)[:-4]), "BROKEN"),
        (png(pixels=zlib.compress(b"\0" * 50_000_000)), "BROKEN"),
        (BASELINE[:-2], "BROKEN"),
        (BASELINE[:100], "BROKEN"),
        (b"\xff\xd8\xff\xd9", "BROKEN"),
        (b"\xff\xd8\xff\xe0\xff\xff", "BROKEN"),
        (png(31, 48), "TOO_SMALL"),
        (png(4097, 48), "TOO_LARGE"),
        (BASELINE + b"\0" * MOST_BYTES, "TOO_LARGE"),
    ],
)
def test_what_is_no_image_that_is_taken_is_refused_by_its_reason(content: bytes, reason: str) -> None:
    assert refused(content) == reason


def test_the_sides_of_a_jpeg_have_limits() -> None:
    frame = BASELINE.index(b"\xff\xc0") + 5

    for height, reason in ((16, "TOO_SMALL"), (5000, "TOO_LARGE")):
        assert refused(BASELINE[:frame] + struct.pack(">H", height) + BASELINE[frame + 2 :]) == reason


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(IMAGES)), st.data())
def test_whatever_is_broken_is_refused_or_cleaned_and_never_a_fault(name: str, data: st.DataObject) -> None:
    content = bytearray(IMAGES[name])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(content[: data.draw(st.integers(0, len(content)))])

    for one in (bytes(content), cut):
        try:
            image = checked(one)
        except Unfit:
            continue
        assert checked(image.content) == image

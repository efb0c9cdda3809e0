"""Pictures: what is read and refused, what the encoder sees, which item a picture belongs to."""

import io
import struct
import subprocess
import sys
import zlib
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw

from object2vec.core.catalog import VECTOR, CatalogItem
from object2vec.core.pictures import PictureError
from object2vec.ingest.pictures import decode as decoding
from object2vec.ingest.pictures.decode import decode, shown
from object2vec.model.pictures.colours import palette
from object2vec.model.pictures.encoder import EfficientNetLite
from object2vec.model.pictures.items import PictureCounts, PictureFolder, with_picture_vectors


@pytest.fixture(scope="module")
def encoder() -> EfficientNetLite:
    return EfficientNetLite()


def drawn(shape: str, colour: str, size: tuple[int, int] = (200, 260), mode: str = "RGB") -> Image.Image:
    picture = Image.new(mode, size, "white")
    box = (size[0] // 5, size[1] // 5, size[0] * 4 // 5, size[1] * 4 // 5)
    pen = ImageDraw.Draw(picture)
    (pen.ellipse if shape == "disc" else pen.rectangle)(box, fill=colour)
    return picture


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_three_formats_are_read(kind):
    pixels = decode(saved(drawn("disc", "red"), kind))
    assert pixels.shape == (260, 200, 3)
    assert pixels[130, 100, 0] > 200 > 60 > pixels[130, 100, 1]


def test_a_picture_is_turned_as_its_camera_says():
    turned = Image.Exif()
    turned[0x0112] = 6  # to be turned by a quarter
    assert decode(saved(drawn("disc", "red"), "JPEG", exif=turned)).shape == (200, 260, 3)


def test_transparency_is_white_not_black():
    clear = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    assert decode(saved(clear, "PNG")).min() == 255
    palette = Image.new("P", (40, 40), 0)
    assert decode(saved(palette, "PNG", transparency=0)).min() == 255


def test_print_colours_and_greys_become_red_green_blue():
    assert decode(saved(drawn("disc", "red").convert("CMYK"), "JPEG"))[130, 100, 0] > 200
    assert decode(saved(drawn("disc", "red").convert("L"), "PNG")).shape == (260, 200, 3)
    assert decode(saved(drawn("disc", "red").convert("I;16"), "PNG")).shape == (260, 200, 3)


def test_sixteen_bits_of_grey_are_scaled_and_large_ones_are_read():
    grey = Image.fromarray(np.full((30, 40), 32_768, np.uint16))
    assert np.unique(decode(saved(grey, "PNG"))).tolist() == [128]
    large = Image.new("I;16", (2_000, 30))
    assert decode(saved(large, "PNG")).shape == (19, 1_280, 3)


def test_of_a_moving_picture_the_first_frame_counts():
    frames = [drawn("disc", colour) for colour in ("red", "blue")]
    moving = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=100)
    assert decode(moving)[130, 100, 0] > 200


def test_of_an_animated_png_the_first_frame_counts():
    frames = [drawn("disc", colour) for colour in ("red", "blue")]
    moving = saved(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=100)
    assert decode(moving)[130, 100, 0] > 200


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("tail", [b"<script>alert(1)</script>", b"PK\x03\x04" + bytes(400), bytes(5_000)])
def test_what_else_a_file_is_does_not_reach_its_copies(kind, tail):
    """A picture that is a page, an archive or anything else at the same time."""
    copy = shown(decode(saved(drawn("disc", "red"), kind) + tail), 100)
    assert copy.startswith(b"\xff\xd8\xff")
    assert tail not in copy


def test_what_a_camera_wrote_does_not_reach_the_copies():
    about = Image.Exif()
    about[0x010E] = "the garden of 12 Elm Street"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    taken = saved(drawn("disc", "red"), "JPEG", exif=about, icc_profile=profile, comment=b"by nobody")
    copy = shown(decode(taken), 100)
    for secret in (b"Elm Street", b"by nobody", b"ICC_PROFILE"):
        assert secret in taken
        assert secret not in copy


@pytest.mark.parametrize("side", [(1, 1), (1, 30_000), (30_000, 1), (3, 2)])
def test_pictures_of_hardly_a_pixel_and_of_one_line_are_encoded(encoder, side):
    (vector,) = encoder.encode([decode(saved(Image.new("RGB", side, "red"), "PNG"))])
    assert np.isfinite(vector).all()


MEMORY = """
import sys
from PIL import Image
from object2vec.core.step_cost import peak_mb
from object2vec.ingest.pictures.decode import decode
content = sys.stdin.buffer.read()
pixels = decode(content)
print(max(pixels.shape), int(peak_mb()))
"""


@pytest.mark.parametrize(
    ("mode", "kind", "how"),
    [
        ("RGBA", "PNG", {"compress_level": 1}),
        ("P", "PNG", {"compress_level": 1}),
        ("RGBA", "WEBP", {"lossless": True, "method": 0}),
    ],
)
def test_the_largest_picture_that_is_read_takes_less_memory_than_the_function_has(mode, kind, how):
    content = saved(Image.new(mode, (7_071, 7_071)), kind, **how)
    run = subprocess.run([sys.executable, "-c", MEMORY], input=content, capture_output=True, check=True)
    side, megabytes = map(int, run.stdout.split())
    assert side == 1_280
    assert megabytes < 1_000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no JPEG, PNG or WebP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no JPEG, PNG or WebP"),
        (saved(drawn("disc", "red"), "GIF"), "no JPEG, PNG or WebP"),
        (saved(drawn("disc", "red"), "JPEG")[:600], "damaged"),
        (saved(drawn("disc", "red"), "PNG")[:200], "damaged"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(content, said):
    with pytest.raises(PictureError, match=said):
        decode(content)


@pytest.mark.parametrize(("side", "said"), [(60_000, "at most 50,000,000 pixels"), (9_000, "9,000 by 9,000")])
def test_a_bomb_is_refused_by_its_header(side, said):
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1_000)))
    with pytest.raises(PictureError, match=said):
        decode(bomb)


def test_a_picture_of_too_many_scans_is_refused_before_it_is_unpacked():
    content = saved(drawn("disc", "red"), "JPEG", progressive=True)
    assert decode(content).shape == (260, 200, 3)
    last_scan = content[content.rindex(b"\xff\xda") : -2]
    with pytest.raises(PictureError, match="at most 500 are read"):
        decode(content[:-2] + last_scan * 500 + content[-2:])


def test_a_file_above_the_limit_is_not_opened(monkeypatch):
    monkeypatch.setattr(decoding, "MAX_BYTES", 100)
    with pytest.raises(PictureError, match="at most 100 are read"):
        decode(saved(drawn("disc", "red"), "PNG"))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "WEBP"]), st.data())
def test_damage_of_any_kind_is_a_sentence_or_a_picture(kind, data):
    content = bytearray(saved(drawn("square", "blue", (24, 24)), kind))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=8)):
        content[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    with suppress(PictureError):  # anything else fails the test
        assert decode(bytes(content[:cut])).shape[2:] == (3,)


def test_a_picture_is_near_its_other_view_and_far_from_another_thing(encoder):
    red, blue = drawn("disc", "red"), drawn("square", "blue")
    view = red.crop((20, 20, 190, 240)).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    vectors = encoder.encode(np.asarray(each) for each in (red, view, blue))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.1


def test_a_vector_does_not_depend_on_the_pictures_beside_it(encoder):
    pictures = [
        np.asarray(drawn(shape, "green", (30 + n, 60))) for n in range(10) for shape in ("disc", "square")
    ]
    together = encoder.encode(pictures)
    assert together.shape == (20, encoder.length)
    np.testing.assert_allclose(together[17], encoder.encode([pictures[17]])[0], atol=1e-4)
    assert encoder.encode([]).shape == (0, encoder.length)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "summer").mkdir()
    for name in ("A-1.jpg", "summer/front.png", "summer/back.png", "same.jpg", "summer/same.jpg"):
        (tmp_path / name).write_bytes(saved(drawn("disc", "red"), "JPEG" if name.endswith("jpg") else "PNG"))
    (tmp_path / "notes.txt").write_text("no picture")
    return PictureFolder(tmp_path)


@pytest.mark.parametrize(
    ("metadata", "paths"),
    [
        ({}, ["A-1.jpg"]),
        ({"image": "summer/front.png"}, ["summer/front.png"]),
        ({"image": "front.png"}, ["summer/front.png"]),
        ({"image": "/uploads/images/summer/front.png"}, ["summer/front.png"]),
        ({"images": ["front.png", "back.png", "front.png"]}, ["summer/front.png", "summer/back.png"]),
        ({"image": "same.jpg"}, ["same.jpg"]),
        ({"image": "winter/same.jpg"}, ["same.jpg"]),
        ({"image": "https://shop.example/cache/front.png?w=3"}, ["summer/front.png"]),
        ({"image": "https://shop.example/elsewhere.png"}, ["A-1.jpg"]),
        ({"image": "FRONT.PNG"}, ["summer/front.png"]),
        ({"image": 7}, ["A-1.jpg"]),
    ],
)
def test_an_items_pictures_are_those_it_names_or_those_named_as_it(folder, metadata, paths):
    assert [*folder.of(CatalogItem("A-1", "shirt", metadata), lambda _: False)] == paths


def test_items_get_the_mean_of_their_views_and_lose_nothing(folder, tmp_path, encoder):
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    items = [
        CatalogItem("A-1", "shirt", {"price": 3}),
        CatalogItem("B-1", "coat", {"images": ["summer/front.png", "broken.png"]}),
        CatalogItem("C-1", "hat", {"image": "gone.png"}),
        CatalogItem("D-1", "own vector", {"image": "A-1.jpg", VECTOR: [1.0]}),
    ]
    counts = PictureCounts()
    made = list(with_picture_vectors(items, PictureFolder(tmp_path), encoder, counts))
    assert [item.id for item in made] == ["A-1", "B-1", "C-1", "D-1"]
    assert [len(item.metadata.get(VECTOR, [])) for item in made] == [encoder.length, encoder.length, 0, 1]
    assert made[0].metadata["price"] == 3
    assert (counts.items, counts.with_pictures) == (4, 2)
    assert list(counts.refused) == ["broken.png"]
    assert counts.missing == {"C-1": "gone.png"}


ROUND, OPEN = (30, 30, 370, 370), (60, 60, 340, 340)


@pytest.mark.parametrize(
    ("shape", "where", "colour", "name"),
    [
        ("rectangle", (20, 280, 110, 370), (30, 60, 200), "blue"),  # at the lower left
        ("rectangle", (40, 350, 360, 385), (120, 70, 30), "brown"),  # a bar near the bottom
        ("rounded_rectangle", (310, 100, 380, 380), (20, 140, 50), "green"),  # a bottle at the right
        ("ring", (110, 110, 290, 290), (20, 20, 20), "black"),  # a tyre
        ("ring", (130, 130, 270, 270), (20, 120, 40), "green"),  # a wreath
        ("ring", (60, 60, 340, 340), (240, 200, 40), "yellow"),  # a narrow ring
        ("arc", OPEN, (20, 120, 40), "green"),  # one that is open at a side
    ],
)
@pytest.mark.parametrize("ground", ["white", (225, 222, 218)])
def test_a_thing_that_is_not_in_the_middle_is_not_called_by_its_background(
    shape, where, colour, name, ground
):
    picture = Image.new("RGB", (400, 400), ground)
    pen = ImageDraw.Draw(picture)
    if shape == "ring":
        pen.ellipse(ROUND, fill=colour)
        pen.ellipse(where, fill=ground)
    elif shape == "arc":
        pen.arc(where, 20, 340, fill=colour, width=60)
    else:
        getattr(pen, shape)(where, fill=colour)
    assert palette(np.asarray(picture)).names == [name]


def test_a_white_plate_with_a_narrow_rim_is_white_and_a_tiny_thing_tells_nothing():
    plate = Image.new("RGB", (400, 400), "white")
    ImageDraw.Draw(plate).ellipse(OPEN, outline=(30, 60, 200), width=8)
    assert palette(np.asarray(plate)).names == ["white"]
    speck = Image.new("RGB", (400, 400), "white")
    ImageDraw.Draw(speck).ellipse((10, 10, 40, 40), fill="red")
    assert palette(np.asarray(speck)).names == ["white"]

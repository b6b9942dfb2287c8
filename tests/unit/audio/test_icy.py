from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from audio.icy import MAX_TITLE_BYTES, TitleInserter, encode_title

Pieces = st.lists(st.tuples(st.binary(max_size=120), st.none() | st.text(max_size=20)), max_size=30)


def read(data: bytes, interval: int) -> tuple[bytes, list[tuple[int, bytes]]]:
    """What a player makes of it: the sound, and the titles with the place in the sound where they came."""
    sound, titles, at = bytearray(), [], 0
    while at < len(data):
        piece = data[at : at + interval]
        sound += piece
        at += len(piece)
        if len(piece) < interval or at >= len(data):
            break
        length = data[at] * 16
        text = data[at + 1 : at + 1 + length]
        assert len(text) == length
        at += 1 + length
        if text:
            titles.append((len(sound), text))
    return bytes(sound), titles


@given(Pieces, st.integers(1, 200))
def test_without_the_metadata_the_sound_is_what_it_was(pieces: list[tuple[bytes, str | None]], interval: int) -> None:
    inserter = TitleInserter(interval)
    sent = b"".join(inserter.insert(sound, title) for sound, title in pieces)
    sound, titles = read(sent, interval)
    assert sound == b"".join(sound for sound, _ in pieces)
    assert all(place % interval == 0 for place, _ in titles)


@given(Pieces, st.integers(1, 200))
def test_each_title_comes_at_the_first_place_after_its_change(
    pieces: list[tuple[bytes, str | None]], interval: int
) -> None:
    inserter = TitleInserter(interval)
    sent = b"".join(inserter.insert(sound, title) for sound, title in pieces)
    expected: list[tuple[int, bytes]] = []
    place, known = 0, None
    for sound, title in pieces:
        due = [at for at in range(place + 1, place + len(sound) + 1) if at % interval == 0]
        place += len(sound)
        if due and title is not None and title != known:
            expected.append((due[0], encode_title(title)[1:]))
            known = title
    assert read(sent, interval)[1] == expected


@given(st.text(max_size=3000))
def test_any_title_is_one_well_formed_block(title: str) -> None:
    block = encode_title(title)
    assert len(block) == 1 + block[0] * 16
    text = block[1:].rstrip(b"\0")
    assert text.startswith(b"StreamTitle='")
    assert text.index(b"';") == len(text) - 2
    assert len(text) <= MAX_TITLE_BYTES + 20
    text.decode()


def test_a_title_as_players_read_it() -> None:
    assert encode_title("Café - Ça ira") == b"\x02" + "StreamTitle='Café - Ça ira';".encode().ljust(32, b"\0")
    assert b"It's on';" in encode_title("It's on")

"""What is kept is what was used last, and never more than there is room for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kit.lru import LruCache

ACTS = st.lists(st.tuples(st.sampled_from(["get", "put", "take"]), st.sampled_from("abcdef")), max_size=60)


@given(acts=ACTS, size=st.integers(1, 4))
def test_it_keeps_what_was_used_last(acts: list[tuple[str, str]], size: int) -> None:
    cache: LruCache[int] = LruCache(size)
    model: list[tuple[str, int]] = []  # the longest unused first
    for number, (act, key) in enumerate(acts):
        known = dict(model).get(key)
        rest = [one for one in model if one[0] != key]
        if act == "put":
            cache.put(key, number)
            model = [*rest, (key, number)][-size:]
        elif act == "get":
            assert cache.get(key) == known
            model = rest if known is None else [*rest, (key, known)]
        else:
            assert cache.take(key) == known
            model = rest
        assert len(cache) == len(model)
    assert {key: cache.get(key) for key in "abcdef"} == {key: dict(model).get(key) for key in "abcdef"}

"""The demo."""

from contextlib import contextmanager


@contextmanager
def beside(s, b):
    yield


async def run(s):
    pass

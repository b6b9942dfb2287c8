"""The parameters with which REST asks for a page of a list, the same for every list (`kit.paging`).

For controllers alone.
"""

from __future__ import annotations

from typing import Annotated

from litestar.params import QueryParameter

PageLimit = Annotated[int, QueryParameter(ge=1, le=100)]
"""Entries of one page, at the most; handlers give 50 as the default."""
PageCursor = Annotated[str | None, QueryParameter(max_length=64)]
"""`next` of the page before; handlers give None as the default, for the first."""

"""Where to go instead: addresses of other systems that broadcasting software tries at the wrong port.

`touchline.features` registers them; they do nothing but say so.
"""

from __future__ import annotations

from typing import Any

from litestar import HttpMethod, Response, route

from streaming.channels import SourceAddress

_TRIED = ["/admin/metadata", "/admin/metadata.xsl", "/admin.cgi"]
"""Where Icecast and SHOUTcast take titles."""


def build(source: SourceAddress) -> list[Any]:
    """The handlers. The port is 0 where no sources are taken."""
    address = f"http://{source.host}:{source.port}/admin/metadata"
    where = (
        f"Titles are taken where the sound is sent, at the source port: {address} with the channel's source password.\n"
        if source.port
        else "Titles are taken where the sound is sent; this server has no source port.\n"
    )

    @route(_TRIED, http_method=[HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST], include_in_schema=False)
    async def titles() -> Response[str]:
        """Say where titles go."""
        return Response(f"There is nothing here. {where}", status_code=404, media_type="text/plain; charset=utf-8")

    return [titles]

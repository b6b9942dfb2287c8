"""Where the brokers are and how to sign in there, from one URL (`TOUCHLINE_KAFKA_URL`).

The consumer and the producer connect with it; it must never put a password into an error.
"""

from __future__ import annotations

import ssl
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_SCHEMES = ("kafka", "kafkas")


def connection_of(url: str) -> dict[str, Any]:
    """What aiokafka's clients need to connect.

    Args:
        url: `kafka://host:9092,other:9092`, or with TLS `kafkas://`; `user:password@` signs in by SASL, in the way
            that `?mechanism=` says (PLAIN by default).

    Raises:
        ValueError: It is no such URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES:
        raise ValueError("it begins with kafka:// or kafkas://.")
    account, _, hosts = parts.netloc.rpartition("@")
    servers = [_server(host) for host in hosts.split(",")]
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    mechanism = options.pop("mechanism", "PLAIN")
    if options or parts.path.strip("/") or parts.fragment:
        raise ValueError("after the hosts it has nothing, or ?mechanism=.")
    if mechanism not in MECHANISMS:
        raise ValueError(f"the mechanism is one of {', '.join(MECHANISMS)}.")
    secure = parts.scheme == "kafkas"
    found: dict[str, Any] = {"bootstrap_servers": servers}
    if secure:
        found["ssl_context"] = ssl.create_default_context()
    if account:
        user, _, password = account.partition(":")
        found |= {
            "sasl_mechanism": mechanism,
            "sasl_plain_username": unquote(user),
            "sasl_plain_password": unquote(password),
        }
    return found | {"security_protocol": ("SASL_" if account else "") + ("SSL" if secure else "PLAINTEXT")}


def _server(host: str) -> str:
    name, _, port = host.rpartition(":")
    if not name:
        name, port = host, "9092"
    if not name or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError("each broker is host:port, as in kafka://broker-1:9092,broker-2:9092.")
    return f"{name}:{port}"

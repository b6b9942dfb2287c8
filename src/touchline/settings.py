"""What can be set from outside: the environment variables TOUCHLINE_*.

Commands read them once with `load` and pass them down; nothing else of ours may read the environment for settings.
"""

from __future__ import annotations

import contextlib
import difflib
import ipaddress
import math
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from feeds.kafka.brokers import connection_of
from kit.db import DEFAULT_TIMEOUT
from realtime.transport_limits import TransportLimits

_PREFIX = "TOUCHLINE_"
_MIN_SECRET = 32
_WEAK = ("change", "secret", "password", "example", "touchline", "0123456789")


_LIMITS = TransportLimits()
_KIB, _MIB, _GIB = 1024, 1024**2, 1024**3


class SettingsError(Exception):
    """Settings that the server must not start with; one problem a line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _doc(text: str) -> dict[str, str]:
    return {"doc": text}


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """One field for each variable: `data_dir` is TOUCHLINE_DATA_DIR."""

    env: Literal["development", "production"] = field(
        default="development", metadata=_doc("`production` refuses to start with weak secrets or demo accounts.")
    )
    data_dir: Path = field(
        default=Path("data"), metadata=_doc("Where the database, the embedded Redis and generated secrets are kept.")
    )
    database_url: str = field(
        default="", metadata=_doc("`postgresql://user:password@host/name`; by default SQLite in the data directory.")
    )
    database_timeout: float = field(
        default=DEFAULT_TIMEOUT,
        metadata=_doc(
            "Seconds that one request waits for the database in all, and twice as long as it waits for Redis; whoever "
            "would wait longer is told to come back."
        ),
    )
    redis_url: str = field(
        default="", metadata=_doc("`redis://host:6379/0`; by default a private Redis is started in the data directory.")
    )
    secret_key: str = field(
        default="",
        metadata=_doc(
            "Signs access tokens and derives source passwords; at least 32 random characters. "
            "In development one is generated into the data directory."
        ),
    )
    kafka_url: str = field(
        default="",
        metadata=_doc(
            "`kafka://host:9092,other:9092` from which feeds are read; `kafkas://` with TLS, `user:password@` with "
            "SASL. By default there is none."
        ),
    )
    kafka_topic: str = field(
        default="touchline.matches",
        metadata=_doc("The topic of matches and events; what cannot be stored goes to the same name with `.dead`."),
    )
    kafka_group: str = field(
        default="touchline", metadata=_doc("The consumer group: all workers of one installation are one group.")
    )
    feeds_file: Path | None = field(
        default=None,
        metadata=_doc("A TOML file that says which provider feeds which match; admins can say it over REST as well."),
    )
    feeds_allow_private: bool = field(
        default=False,
        metadata=_doc("`yes` lets feeds ask this machine and private networks, also without TLS and at any port."),
    )
    feeds_ports: tuple[int, ...] = field(
        default=(443,), metadata=_doc("Ports of providers that feeds may ask, separated by commas.")
    )
    source_host: str = field(
        default="", metadata=_doc("The address the source port listens on; by default that of the web server.")
    )
    source_port: int = field(
        default=8005, metadata=_doc("The port that Icecast source clients connect to; 0 for none.")
    )
    public_url: str = field(
        default="", metadata=_doc("The address under which people reach the gateway, as in `https://radio.example`.")
    )
    allowed_origins: tuple[str, ...] = field(
        default=(), metadata=_doc("Other sites whose pages may use the API and the socket, separated by commas.")
    )
    trusted_proxies: tuple[str, ...] = field(
        default=(),
        metadata=_doc(
            "Addresses or networks of reverse proxies whose X-Forwarded-* headers are believed, separated by commas."
        ),
    )
    ping_interval: float = field(
        default=_LIMITS.ping_interval,
        metadata=_doc("Seconds between two signs of life of a connection; less than proxies let a silent one live."),
    )
    ping_timeout: float = field(
        default=_LIMITS.ping_timeout,
        metadata=_doc("Seconds a client gets to answer a ping; at most the interval."),
    )
    connects_per_second: float = field(
        default=_LIMITS.connects_per_second,
        metadata=_doc("New connections that a worker takes in a second; others are told to come back in a moment."),
    )
    connections_per_address: int = field(
        default=_LIMITS.per_address,
        metadata=_doc(
            "Connections of any kind of one address at a worker: sockets, event streams, players, sources, and what "
            "says nothing. Private addresses have no such cap: a proxy that is not declared would be one."
        ),
    )
    max_message: int = field(
        default=_LIMITS.max_message,
        metadata=_doc("Bytes of the largest message a client may send; `K`, `M` and `G` multiply by 1024."),
    )
    unsent_per_connection: int = field(
        default=_LIMITS.unsent,
        metadata=_doc("Bytes kept for a client that reads too slowly; with more it is cut, and comes back."),
    )
    unsent_per_worker: int = field(
        default=_LIMITS.unsent_total,
        metadata=_doc("Bytes kept for all of them by one worker; with more the fullest are cut."),
    )
    worker_timeout: float = field(
        default=20.0,
        metadata=_doc("Seconds without a sign of life after which a worker hangs, and is ended and replaced."),
    )
    log_level: Literal["debug", "info", "warning", "error"] = field(
        default="info", metadata=_doc("The least important lines that are logged.")
    )
    log_format: Literal["auto", "pretty", "json"] = field(
        default="auto", metadata=_doc("`auto` is pretty in development and JSON in production.")
    )

    @property
    def production(self) -> bool:
        """Whether real people depend on this instance."""
        return self.env == "production"

    @property
    def effective_database_url(self) -> str:
        """The database's URL, the default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'touchline.db'}"

    @property
    def origins(self) -> list[str]:
        """All sites whose pages may use the API and the socket."""
        return [*self.allowed_origins, *([self.public_url] if self.public_url else [])]

    @property
    def limits(self) -> TransportLimits:
        """What one worker and one connection may take up; a burst of connections may be a second's worth."""
        return replace(
            _LIMITS,
            ping_interval=self.ping_interval,
            ping_timeout=self.ping_timeout,
            connects_per_second=self.connects_per_second,
            connects_burst=self.connects_per_second,
            per_address=self.connections_per_address,
            max_message=self.max_message,
            unsent=self.unsent_per_connection,
            unsent_total=self.unsent_per_worker,
        )

    @property
    def redis_dir(self) -> Path:
        """Where the embedded Redis keeps its files."""
        return self.data_dir / "redis"

    @property
    def json_logs(self) -> bool:
        """Whether log lines are JSON."""
        return self.log_format == "json" or (self.log_format == "auto" and self.production)


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; raises `SettingsError` that lists every problem at once.

    An unknown name is a problem too: a typing mistake must not silently leave a default in place.
    """
    environ = os.environ if environ is None else environ
    known = {_PREFIX + f.name.upper(): f for f in fields(Settings)}
    problems = []
    values: dict[str, Any] = {}
    for name, raw in sorted(environ.items()):
        if not name.startswith(_PREFIX):
            continue
        if name not in known:
            shorter = [one.removeprefix(_PREFIX) for one in known]  # the common beginning makes all of them alike
            close = difflib.get_close_matches(name.removeprefix(_PREFIX), shorter, n=1)
            hint = f" Did you mean {_PREFIX}{close[0]}?" if close else f" Known are: {', '.join(known)}."
            problems.append(f"{name} is not a setting.{hint}")
            continue
        try:
            values[known[name].name] = _PARSERS.get(known[name].name, str)(raw)
        except ValueError as error:
            problems.append(f"{name}: {error}")
    settings = Settings(**values)
    problems += _weaknesses(settings)
    problems += _contradictions(settings)
    if problems:
        raise SettingsError(problems)
    return settings


def with_secret(settings: Settings) -> Settings:
    """The settings with a secret key: in development it is generated once and kept in the data directory."""
    if settings.secret_key:
        return settings
    path = settings.data_dir / "secret.key"
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        # Written beside it and linked: whoever reads it meanwhile sees all of it or nothing, and the first one stays.
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return replace(settings, secret_key=path.read_text().strip())


def _port(raw: str) -> int:
    if not raw.isdigit() or int(raw) > 65535:
        raise ValueError("a port is a number from 0 to 65535.")
    return int(raw)


def _ports(raw: str) -> tuple[int, ...]:
    found = tuple(_port(part) for part in _list(raw))
    if not found or 0 in found or len(found) > 20:
        raise ValueError("up to 20 ports from 1 to 65535 are expected, separated by commas.")
    return found


def _yes_or_no(raw: str) -> bool:
    if raw.lower() not in ("yes", "no"):
        raise ValueError("`yes` or `no` is expected.")
    return raw.lower() == "yes"


def _number(least: float, most: float, unit: str) -> Callable[[str], float]:
    def parse(raw: str) -> float:
        try:
            value = float(raw)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise ValueError(f"a number of {unit} from {least:g} to {most:g} is expected.")
        return value

    return parse


def _whole(least: int, most: int, unit: str) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        if not (raw.isascii() and raw.isdigit()) or not least <= int(raw[:20]) <= most:
            raise ValueError(f"a whole number of {unit} from {least} to {most} is expected.")
        return int(raw)

    return parse


def _size(least: int, most: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        found = re.fullmatch(r"([0-9]{1,15})([KMG]?)", raw.strip().upper().removesuffix("IB"))
        size = int(found[1]) * _UNITS[found[2]] if found else -1
        if not least <= size <= most:
            raise ValueError(f"bytes from {_shown(least)} to {_shown(most)} are expected, as in 65536, 64K or 1M.")
        return size

    return parse


_UNITS = {"": 1, "K": _KIB, "M": _MIB, "G": _GIB}


def _shown(size: int) -> str:
    unit = next((unit for unit in "GMK" if size % _UNITS[unit] == 0), "")
    return f"{size // _UNITS[unit]}{unit}"


def _list(raw: str) -> tuple[str, ...]:
    return tuple(part.strip().rstrip("/") for part in raw.split(",") if part.strip())


def _proxies(raw: str) -> tuple[str, ...]:
    """Addresses and networks; what would believe anybody is refused, for then anybody says who they are."""
    found = []
    for part in _list(raw):
        try:
            network = ipaddress.ip_network(part)
        except ValueError:
            hint = "name your proxy alone: * would believe everybody" if part == "*" else _meant(part)
            raise ValueError(f"{part!r} is no address or network as 127.0.0.1 or 10.0.0.0/24; {hint}.") from None
        if network.prefixlen < _LEAST_PREFIX[network.version]:
            raise ValueError(f"{part} is half the Internet; name your proxy alone.")
        found.append(part if "/" in part else str(network.network_address))
    return tuple(found)


_LEAST_PREFIX = {4: 8, 6: 7}  # 10.0.0.0/8 and fc00::/7 are the widest private networks


def _meant(part: str) -> str:
    try:
        return f"its network is {ipaddress.ip_network(part, strict=False)}"
    except ValueError:
        return "names are not resolved"


def _starting_with(*beginnings: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if raw and not raw.startswith(beginnings):
            raise ValueError(f"it begins with {' or '.join(beginnings)}.")
        return raw.rstrip("/")

    return parse


def _kafka(raw: str) -> str:
    if raw:
        connection_of(raw)
    return raw


def _kafka_name(raw: str) -> str:
    # A topic has up to 249 characters, and `.dead` is added.
    if not re.fullmatch(r"[0-9A-Za-z._-]{1,240}", raw) or raw in {".", ".."}:
        raise ValueError("up to 240 letters, digits, dots, underscores and hyphens are expected.")
    return raw


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if raw not in choices:
            raise ValueError(f"one of {', '.join(choices)} is expected.")
        return raw

    return parse


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "data_dir": lambda raw: Path(raw).expanduser(),
    "feeds_file": lambda raw: Path(raw).expanduser() if raw else None,
    "feeds_allow_private": _yes_or_no,
    "feeds_ports": _ports,
    "source_port": _port,
    "database_timeout": _number(0.5, 60, "seconds"),
    "ping_interval": _number(1, 300, "seconds"),
    "ping_timeout": _number(1, 300, "seconds"),
    "connects_per_second": _number(1, 1_000_000, "connections"),
    "connections_per_address": _whole(1, 1_000_000, "connections"),
    "worker_timeout": _number(1, 3600, "seconds"),
    "max_message": _size(32 * _KIB, 16 * _MIB),  # the contract's own payloads must fit
    "unsent_per_connection": _size(64 * _KIB, _GIB),
    "unsent_per_worker": _size(_MIB, 64 * _GIB),
    "allowed_origins": _list,
    "trusted_proxies": _proxies,
    "env": _one_of("development", "production"),
    "log_level": _one_of("debug", "info", "warning", "error"),
    "log_format": _one_of("auto", "pretty", "json"),
    "public_url": _starting_with("http://", "https://"),
    "database_url": _starting_with("postgresql://", "postgresql+asyncpg://", "postgres://", "sqlite"),
    "kafka_url": _kafka,
    "kafka_topic": _kafka_name,
    "kafka_group": _kafka_name,
    "redis_url": _starting_with("redis://", "rediss://", "unix://"),
}


def _contradictions(settings: Settings) -> list[str]:
    problems = []
    if settings.ping_timeout > settings.ping_interval:
        problems.append(
            f"TOUCHLINE_PING_TIMEOUT ({settings.ping_timeout:g}) is longer than "
            f"TOUCHLINE_PING_INTERVAL ({settings.ping_interval:g})."
        )
    if settings.unsent_per_connection > settings.unsent_per_worker:
        problems.append(
            f"TOUCHLINE_UNSENT_PER_CONNECTION ({_shown(settings.unsent_per_connection)}) is more than "
            f"TOUCHLINE_UNSENT_PER_WORKER ({_shown(settings.unsent_per_worker)})."
        )
    return problems


def _weaknesses(settings: Settings) -> list[str]:
    problems = []
    key = settings.secret_key
    how = "Make one with: openssl rand -hex 32"
    if settings.production and not key:
        problems.append(f"TOUCHLINE_SECRET_KEY is missing, and production does not run without. {how}")
    elif key and len(key) < _MIN_SECRET:
        problems.append(f"TOUCHLINE_SECRET_KEY is shorter than {_MIN_SECRET} characters. {how}")
    elif settings.production and (len(set(key)) < 10 or any(word in key.lower() for word in _WEAK)):
        problems.append(f"TOUCHLINE_SECRET_KEY can be guessed. {how}")
    return problems

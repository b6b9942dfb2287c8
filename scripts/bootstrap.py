"""Bring .venv to exactly what the lock files say. Standard library only: it runs before all installing.

Usage: python scripts/bootstrap.py (from the root of the repository, with the Python that .venv is to have).
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

VENV = Path(".venv")
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
TOOLS = "requirements/uv.txt"
LOCK = "requirements/dev.txt"


def run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    """Run a command; end with its exit code if it fails."""
    done = subprocess.run([str(part) for part in command], env=env, check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)


def output(*command: str | Path) -> str | None:
    """The standard output of a command, or None if it fails."""
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def make_venv() -> None:
    """Create .venv unless a working one with a fitting Python is there; see that it has pip."""
    probe = "import sys; print(sys.version_info >= (3, 11))"
    if (output(PYTHON, "-c", probe) or "").strip() != "True":
        run(sys.executable, "-m", "venv", "--clear", VENV)
    if output(PYTHON, "-m", "pip", "--version") is None:
        run(PYTHON, "-m", "ensurepip")


def install_uv() -> None:
    """Install the locked uv with pip, unless it is there."""
    locked = next(line.split()[0] for line in Path(TOOLS).read_text().splitlines() if line.startswith("uv=="))
    installed = (output(UV, "--version") or "").split()[:2]
    if installed != locked.split("=="):
        options = ("--quiet", "--disable-pip-version-check", "--require-hashes")
        run(PYTHON, "-m", "pip", "install", *options, "-r", TOOLS)


def pip_settings() -> dict[str, str]:
    """What pip is configured with, by option name; a variable beats a section, a section beats `global`."""
    found: dict[str, str] = {}
    lines = (output(PYTHON, "-m", "pip", "config", "list") or "").splitlines()
    for source in ("global", "install", ":env:"):
        for line in lines:
            key, _, value = line.partition("=")
            section, _, option = key.partition(".")
            if section == source:
                found[option] = " ".join(str(ast.literal_eval(value)).split())
    return found


def usable(sources: str) -> list[str]:
    """Of several package sources those that are not folders that do not exist; pip passes over these, uv stops."""
    paths = {source: source.removeprefix("file://") for source in sources.split()}
    return [source for source, path in paths.items() if "://" in path or Path(path).exists()]


def uv_environment() -> dict[str, str]:
    """This process's environment, with pip's package sources told to uv where uv was told none.

    uv reads neither pip.conf nor PIP_*; a machine with a mirror of its own often has only these.
    """
    env = dict(os.environ)
    env.pop("VIRTUAL_ENV", None)  # another project's
    pip = pip_settings()
    indexes = {"UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_CONFIG_FILE"}
    configured = any(path.exists() for path in (Path.home() / ".config/uv/uv.toml", Path("/etc/uv/uv.toml")))
    if not configured and not indexes & env.keys():
        if "index-url" in pip:
            env["UV_DEFAULT_INDEX"] = pip["index-url"]
        if extra := usable(pip.get("extra-index-url", "")):
            env["UV_INDEX"] = " ".join(extra)
            # pip looks into all of its sources. Hashes decide what is accepted, so this opens no door.
            env.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    if links := usable(pip.get("find-links", "")):
        env.setdefault("UV_FIND_LINKS", ",".join(links))
    if "cert" in pip:
        env.setdefault("SSL_CERT_FILE", pip["cert"])
    return env


def main() -> None:
    """Set up, step by step."""
    make_venv()
    install_uv()
    env = uv_environment()
    into = ("--quiet", "--python", PYTHON)
    run(UV, "pip", "sync", *into, "--require-hashes", TOOLS, LOCK, env=env)
    # The build backend is locked like the rest, so no isolated build fetches another one.
    run(UV, "pip", "install", *into, "--no-deps", "--no-build-isolation", "--editable", ".", env=env)


if __name__ == "__main__":
    main()

"""nginx in front of gateways, configured as `deploy/nginx/touchline.conf` has it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.harness import PATIENCE, ROOT, free_port, missing
from tests.live import Gateway

MAIN = """
{user}
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 1024; }}
http {{
    log_format who "$remote_addr $upstream_addr $status";
    access_log {directory}/access.log who;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    include {directory}/touchline.conf;
}}
"""


class Nginx:
    """nginx in front of gateways, on a port of this machine and without TLS."""

    def __init__(self, directory: Path, gateways: list[Gateway]) -> None:
        found = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
        if found is None:
            missing("nginx", "apt install nginx")
        self.port = free_port()
        self._directory = directory
        self._command = [found or "", "-p", str(directory), "-c", str(directory / "nginx.conf")]
        text = (ROOT / "deploy/nginx/touchline.conf").read_text()
        for change, to in [
            ("10.0.0.11:8000", f"127.0.0.1:{gateways[0].port}"),
            ("10.0.0.12:8000", f"127.0.0.1:{gateways[1].port}"),
            ("listen 443 ssl http2", f"listen 127.0.0.1:{self.port}"),
            ("ssl_certificate ", "# "),
            ("ssl_certificate_key ", "# "),
        ]:
            assert text.count(change) == 1
            text = text.replace(change, to)
        (directory / "touchline.conf").write_text(text)
        user = "user root;" if os.getuid() == 0 else ""  # else its workers cannot read the test's directory
        (directory / "nginx.conf").write_text(MAIN.format(directory=directory, user=user))
        tried = subprocess.run([*self._command, "-t"], check=False, capture_output=True, text=True)
        assert tried.returncode == 0, tried.stderr
        self._process = subprocess.Popen(self._command)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def asked(self, gateway: Gateway) -> int:
        """How many different addresses a gateway has served."""
        lines = (line.split() for line in (self._directory / "access.log").read_text().splitlines())
        return len({line[0] for line in lines if len(line) > 1 and line[1] == f"127.0.0.1:{gateway.port}"})

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)

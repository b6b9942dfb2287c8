# syntax=docker/dockerfile:1

FROM node:22-bookworm-slim AS web
WORKDIR /build/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY web/ ./
# Vite writes to ../src/touchline/static
RUN npm run build


FROM python:3.12-slim-bookworm AS python
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1
WORKDIR /app
COPY requirements/uv.txt requirements/app.txt requirements/
RUN pip install --require-hashes -r requirements/uv.txt \
    && uv venv --no-managed-python /opt/venv \
    && uv pip sync --python /opt/venv/bin/python --require-hashes requirements/app.txt requirements/uv.txt
COPY pyproject.toml README.md LICENSE ./
COPY src/ src/
COPY migrations/ migrations/
COPY --from=web /build/src/touchline/static/ src/touchline/static/
# Editable, so that migrations and pages are found where they lie in the repository. The build backend goes again
# once it has done its work; compiled now, since the file system is read-only later.
RUN uv pip install --python /opt/venv/bin/python --no-deps --no-build-isolation --editable . \
    && uv pip uninstall --python /opt/venv/bin/python uv uv-build \
    && /opt/venv/bin/python -m compileall -q src migrations


FROM python:3.12-slim-bookworm
RUN groupadd --gid 10001 touchline \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin touchline \
    && install --directory --owner=10001 --group=10001 --mode=0750 /data
WORKDIR /app
COPY --from=python /opt/venv /opt/venv
COPY --from=python /app /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TOUCHLINE_DATA_DIR=/data \
    TOUCHLINE_ENV=production \
    TOUCHLINE_SOURCE_HOST=0.0.0.0
USER 10001:10001
VOLUME /data
# Pages, API and sockets; sources (Icecast protocol)
EXPOSE 8000 8005
STOPSIGNAL SIGTERM
# Ready means that the database and Redis answer; the first start also migrates.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD \
    ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/ready', timeout=4)"]
ENTRYPOINT ["touchline"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]

# syntax=docker/dockerfile:1
# One image recipe, a target for each service: docker build --target healing .

FROM python:3.11-slim-bookworm AS build
WORKDIR /src
# Byte code is made here: the services' user can't write it, and would compile at each start and health check.
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_COMPILE_BYTECODE=1
COPY requirements.lock ./
RUN python -m venv /opt/maestro && \
    /opt/maestro/bin/pip install "uv==$(sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements.lock)" && \
    /opt/maestro/bin/uv pip install --python /opt/maestro/bin/python --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY gen gen
COPY services services
COPY clients clients
RUN /opt/maestro/bin/uv pip install --python /opt/maestro/bin/python --no-deps .

FROM python:3.11-slim-bookworm AS base
# git for projects and templates; util-linux for the namespaces that jobs run in.
# hadolint ignore=DL3008
RUN apt-get update && \
    apt-get install -y --no-install-recommends git util-linux && \
    rm -rf /var/lib/apt/lists/* && \
    useradd --uid 10001 --create-home --home-dir /var/lib/maestro --shell /usr/sbin/nologin maestro
COPY --from=build /opt/maestro /opt/maestro
ENV PATH=/opt/maestro/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    MAESTRO_HOST=0.0.0.0 \
    MAESTRO_DATA_DIR=/var/lib/maestro/data
USER 10001
WORKDIR /var/lib/maestro
VOLUME ["/var/lib/maestro/data"]

FROM base AS healing
EXPOSE 8003
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["maestro", "health", "healing"]
CMD ["maestro", "serve", "healing"]

FROM base AS environment
EXPOSE 8004
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["maestro", "health", "environment"]
CMD ["maestro", "serve", "environment"]

FROM base AS template
EXPOSE 8005
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["maestro", "health", "template"]
CMD ["maestro", "serve", "template"]

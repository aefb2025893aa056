# The service: `docker build --target web -t svgai .`. The targets web and worker are the same but for what they start;
# docker-compose.prod.yml gives the other processes their commands.
#
# PROCESSOR is what the engine's machine code is made for at build, as LLVM names it. x86-64-v3 (AVX2) is any server
# since 2013; on others a worker ends at once with SIGILL. ARM, or older:  --build-arg PROCESSOR=generic

ARG PROCESSOR=x86-64-v3

FROM python:3.11-slim AS base

# OpenCV is linked against GLib, and Skia against GL, though nothing here opens a window. Of GL the libraries
# suffice; as packages they would bring along a quarter of a gigabyte of drivers.
WORKDIR /tmp
RUN apt-get update \
    && apt-get install -y --no-install-recommends libexpat1 libglib2.0-0 libx11-6 \
    && apt-get -o APT::Sandbox::User=root download libegl1 libgl1 libglvnd0 libglx0 \
    && for package in *.deb; do dpkg-deb -x "$package" /; done \
    && ldconfig \
    && rm -rf ./*.deb /var/lib/apt/lists/*

RUN groupadd --gid 10001 svgai \
    && useradd --uid 10001 --gid svgai --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin svgai \
    && install -d -o svgai -g svgai -m 0750 /data

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/data \
    HOST=0.0.0.0
WORKDIR /srv/svgai


FROM base AS packages

RUN python -m venv --without-pip /opt/venv
COPY requirements.txt /tmp/
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --disable-pip-version-check --python /opt/venv/bin/python install --require-hashes -r /tmp/requirements.txt \
    && find /opt/venv -type d -name tests -prune -exec rm -rf {} +

# The project's own metadata, apart from its code: that changes more often than this largest layer of all should.
COPY pyproject.toml ./
RUN install -d svgai && touch README.md svgai/__init__.py \
    && pip --disable-pip-version-check --python /opt/venv/bin/python install --no-deps --editable .


FROM packages AS code

COPY . .
RUN python -m compileall -q .

# The engine is compiled here, once: the service's own disk is read-only, and its start shall not take a minute.
ARG PROCESSOR
ENV NUMBA_CPU_NAME=$PROCESSOR NUMBA_CPU_FEATURES= XDG_CACHE_HOME=/opt/compiled
RUN install -d -o svgai -g svgai /opt/compiled
USER 10001:10001
RUN python -m workers.compiled make


FROM base AS service

COPY --from=packages /opt/venv /opt/venv
COPY --from=code /opt/compiled /opt/compiled
COPY --from=code /srv/svgai /srv/svgai
ARG PROCESSOR
ENV COMPILED_FOR=$PROCESSOR \
    COMPILED_DIR=/opt/compiled
USER 10001:10001

# An image that cannot convert a picture is not finished.
RUN --mount=type=tmpfs,target=/tmp \
    NUMBA_CPU_NAME=$PROCESSOR NUMBA_CPU_FEATURES= XDG_CACHE_HOME=$(python -m workers.compiled link) svgai doctor

ARG REVISION=unknown
LABEL org.opencontainers.image.title=SVG-AI \
      org.opencontainers.image.licenses=MIT \
      org.opencontainers.image.revision=$REVISION
VOLUME /data
EXPOSE 8000


FROM service AS worker

HEALTHCHECK --interval=10s --timeout=8s --start-period=240s --start-interval=5s --retries=3 \
    CMD ["python", "-m", "workers.health", "worker"]
CMD ["python", "-m", "workers.celery_app"]


FROM service AS web

HEALTHCHECK --interval=10s --timeout=5s --start-period=90s --start-interval=1s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health/live', timeout=4)"]
CMD ["gunicorn", "--config", "python:app.server"]

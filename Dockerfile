# The service. Web, worker and schedule are this one image; docker-compose.prod.yml gives each its command.

FROM python:3.11-slim AS builder

RUN python -m venv --without-pip /opt/venv
COPY requirements.txt /tmp/
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --disable-pip-version-check --python /opt/venv/bin/python install --require-hashes -r /tmp/requirements.txt

WORKDIR /srv/svgai
COPY . .
RUN pip --disable-pip-version-check --python /opt/venv/bin/python install --no-deps --editable . \
    && /opt/venv/bin/python -m compileall -q .


FROM python:3.11-slim

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

COPY --from=builder /opt/venv /opt/venv
COPY --from=builder /srv/svgai /srv/svgai

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/data \
    HOST=0.0.0.0
WORKDIR /srv/svgai
USER 10001:10001

# An image that cannot convert a picture is not finished.
RUN svgai doctor

VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health/live', timeout=4)"]
CMD ["gunicorn", "--config", "python:app.server"]

# syntax=docker/dockerfile:1
# Workers of every queue, and `packshot init`: torch with CUDA, which runs on a CPU as well.
# The host brings the NVIDIA driver and container toolkit. Build from the project's root:
#   docker build -f deploy/gpu.Dockerfile -t packshot-gpu .
FROM python:3.12-slim-bookworm AS build
WORKDIR /build
COPY requirements/worker.txt requirements/worker.txt
RUN python -m venv /srv/packshot \
 && /srv/packshot/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements/worker.txt
COPY pyproject.toml README.md LICENSE THIRD_PARTY_NOTICES.md ./
COPY api api
COPY db db
COPY models models
COPY workers workers
RUN /srv/packshot/bin/pip install --no-cache-dir --no-deps --no-build-isolation .
# What pymatting compiles is compiled once, here, where the file system can still be written.
ENV NUMBA_CACHE_DIR=/srv/packshot/numba
RUN /srv/packshot/bin/python -c 'import models.matting.foreground'

FROM python:3.12-slim-bookworm
# Rendering the catalogue without a screen; letters of scripts that the font that ships lacks, for `ad`:
# they are found where Debian puts them, so WORKER_FONTS is free for a folder of the operator's own.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends libegl1 libegl-mesa0 libgl1 libgl1-mesa-dri \
    fonts-noto-core fonts-noto-cjk \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --create-home --home-dir /var/lib/packshot packshot
COPY --from=build /srv/packshot /srv/packshot
ENV PATH=/srv/packshot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    NUMBA_CACHE_DIR=/srv/packshot/numba \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility,graphics \
    DB_HOME=/var/lib/packshot
USER 10001
WORKDIR /var/lib/packshot
CMD ["celery", "--quiet", "-A", "workers", "worker", "-Q", "gpu", "--loglevel", "warning"]

# syntax=docker/dockerfile:1
# The shop window and the senders of webhooks: no torch, no CUDA. Build from the project's root:
#   docker build -f deploy/api.Dockerfile -t packshot-api .
FROM python:3.12-slim-bookworm AS build
WORKDIR /build
COPY requirements/api.txt requirements/api.txt
RUN python -m venv /srv/packshot \
 && /srv/packshot/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements/api.txt
COPY pyproject.toml README.md LICENSE THIRD_PARTY_NOTICES.md ./
COPY api api
COPY db db
COPY models models
COPY workers workers
RUN /srv/packshot/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/packshot packshot
COPY --from=build /srv/packshot /srv/packshot
ENV PATH=/srv/packshot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DB_HOME=/var/lib/packshot \
    API_HOST=0.0.0.0
USER 10001
WORKDIR /var/lib/packshot
EXPOSE 8700
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8700/healthz', timeout=2)"]
CMD ["uvicorn", "--factory", "api.main:build_app", "--host", "0.0.0.0", "--port", "8700", \
     "--no-access-log", "--timeout-graceful-shutdown", "3"]

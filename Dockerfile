# syntax=docker/dockerfile:1
# One image for every role. Web (the default), or a worker: python -m stylekit.worker --engines fast
#   docker build -t stylekit .                              for processors
#   docker build -t stylekit:gpu --build-arg FLAVOUR=gpu .  for NVIDIA cards
#   docker build -t stylekit:worker --target worker .       a worker of both engines, where no command can be given

FROM python:3.13-slim-bookworm AS packages
ARG FLAVOUR=cpu
WORKDIR /source
COPY requirements.txt ./
COPY deploy/requirements.py deploy/
RUN python -m venv /venv \
    && python deploy/requirements.py "$FLAVOUR" > /tmp/requirements.txt \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --requirement /tmp/requirements.txt

FROM python:3.13-slim-bookworm AS common
RUN useradd --uid 10001 --user-group --no-create-home stylekit \
    && install --directory --owner stylekit --group stylekit /data
COPY --from=packages /venv /venv
WORKDIR /app
COPY main.py ./
COPY templates templates
COPY static static
COPY stylekit stylekit
RUN python -m compileall -q stylekit main.py
ENV PATH=/venv/bin:$PATH \
    HOME=/tmp \
    HOST=0.0.0.0 \
    PORT=8080 \
    STYLEKIT_WORKER_PORT=8080 \
    STYLEKIT_DATA=/data \
    STYLEKIT_LOG_FORMAT=json \
    TF_CPP_MIN_LOG_LEVEL=2 \
    TF_FORCE_GPU_ALLOW_GROWTH=true \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]

FROM common AS worker
CMD ["python", "-m", "stylekit.worker"]

# The last is what is built where no target is named.
FROM common AS web
CMD ["python", "-m", "stylekit", "serve"]

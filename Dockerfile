# What `make run` runs: the command line, the explorer and the SPARQL endpoint.
# The base image by its digest, once you have chosen one (docs/operating.md, "In containers"):
#   docker buildx imagetools inspect python:3.11.14-slim-bookworm --format '{{.Manifest.Digest}}'
#   docker build --build-arg BASE=python:3.11.14-slim-bookworm@sha256:… .
ARG BASE=python:3.11.14-slim-bookworm
FROM ${BASE} AS build
WORKDIR /src
COPY docker/requirements.lock ./
# Only what the lock file names, byte for byte; `make lock` writes it.
RUN pip wheel --no-cache-dir --require-hashes --wheel-dir /wheels --requirement requirements.lock
COPY pyproject.toml README.md LICENSE gutbrain.py ./
COPY ontology ontology
COPY ingest ingest
COPY extract extract
COPY kg kg
COPY app app
RUN pip install --no-cache-dir --no-index --find-links /wheels hatchling \
    && pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels .

FROM ${BASE}
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels gutbrain
RUN useradd --create-home gutbrain && install -d -o gutbrain /data
USER gutbrain
ENV GUTBRAIN_DATA=/data GUTBRAIN_HOST=0.0.0.0
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8501/api/health', timeout=4)"]
# The bundled sample first, so that a new container shows something; repeating it changes nothing.
CMD ["sh", "-c", "gutbrain run && exec gutbrain serve"]

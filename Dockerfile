# Same install as `make`: a virtual environment from pyproject.toml. Two stages, no compiler at run time.
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY contracts contracts
COPY mappings mappings
COPY adapters adapters
COPY gateway gateway
RUN python -m venv /opt/tongban \
 && /opt/tongban/bin/pip install --no-cache-dir --disable-pip-version-check '.[fast]'

FROM python:3.13-slim
LABEL org.opencontainers.image.title="tongban-gateway" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --uid 10001 --home-dir /var/lib/tongban --create-home --shell /usr/sbin/nologin tongban
COPY --from=build /opt/tongban /opt/tongban
USER 10001
ENV PATH=/opt/tongban/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    TONGBAN_DATA_DIR=/var/lib/tongban \
    TONGBAN_HOST=0.0.0.0 \
    TONGBAN_PORT=8080
VOLUME /var/lib/tongban
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['TONGBAN_PORT'] + '/livez', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["tongban"]
CMD ["serve"]

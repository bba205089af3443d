# The app, as the ordinary user `runsous`. docker-compose.yml puts a database beside it.
FROM python:3.12-slim AS installed
COPY requirements.lock ./
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock

FROM python:3.12-slim
RUN useradd --uid 10001 --create-home runsous \
    && install -d -o runsous -g runsous -m 700 /data \
    && install -d -o runsous -g runsous -m 755 /keys
COPY --from=installed /venv /venv
WORKDIR /app
COPY pyproject.toml README.md LICENSE app.py ./
COPY .streamlit .streamlit
COPY pages pages
COPY runsous runsous
RUN /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --editable . \
    && /venv/bin/python -m compileall -q runsous
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 RUNSOUS_HOME=/data
USER runsous
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/health', timeout=4)"]
CMD ["runsous", "serve", "--host", "0.0.0.0", "--no-browser"]

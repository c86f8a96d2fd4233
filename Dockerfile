# One image for every role: `portledger gateway`, `relayer`, `indexer`. All packages come from the hash-locked list.
FROM python:3.12-slim
RUN useradd --uid 10001 --create-home portledger && mkdir /data /shared && chown portledger:portledger /data /shared
WORKDIR /opt/portledger
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md ./
COPY protocol protocol
COPY src src
RUN pip install --no-cache-dir --no-deps --no-build-isolation .
USER portledger
ENTRYPOINT ["portledger"]

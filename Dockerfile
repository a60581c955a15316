# The server as a small image: docker build --tag dosql . (deploy/README.md says how it is run)
FROM swift:6.3-bookworm AS build

RUN apt-get update -q \
    && apt-get install -y -q --no-install-recommends libedit-dev libsqlite3-dev libuv1-dev pkg-config zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /src
# Dependencies change seldom: they are a layer of their own.
COPY Package.swift ./
RUN swift package resolve
COPY . .
# With Swift's libraries in it, the program needs none of them beside it.
RUN swift build --configuration release --product dosql --static-swift-stdlib \
    && install -s -D "$(swift build --configuration release --product dosql --static-swift-stdlib --show-bin-path)/dosql" \
        /out/dosql

FROM debian:bookworm-slim

# curl is for the health check, ca-certificates for clients that are run in here.
RUN apt-get update -q \
    && apt-get install -y -q --no-install-recommends \
        ca-certificates curl libedit2 libsqlite3-0 libstdc++6 libuv1 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 3775 dosql \
    && useradd --uid 3775 --gid 3775 --home-dir /var/lib/dosql --no-create-home --shell /usr/sbin/nologin dosql \
    && install -d -o dosql -g dosql -m 0700 /var/lib/dosql /etc/dosql

COPY --from=build /out/dosql /usr/local/bin/dosql
COPY deploy/container.yaml /usr/local/share/dosql/container.yaml

USER 3775:3775
WORKDIR /var/lib/dosql
VOLUME /var/lib/dosql
# VACUUM writes a second copy of a tenant: on the volume, so that everything else can be read-only.
ENV SQLITE_TMPDIR=/var/lib/dosql/temporary
# What the server does unless flags or other DOSQL_… variables say otherwise: that file has the port, the folders and tokens.
ENV DOSQL_CONFIG=/usr/local/share/dosql/container.yaml
EXPOSE 3775
STOPSIGNAL SIGTERM
# From inside it needs neither a token nor TLS, unless --plaintext never is given.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["curl", "--fail", "--silent", "--show-error", "--output", "/dev/null", "http://127.0.0.1:3775/health/live"]

ENTRYPOINT ["dosql"]
CMD ["serve"]

# One binary in a small image, run by an ordinary user; everything that it keeps is below /data.
FROM rust:1.95-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends nodejs npm && rm -rf /var/lib/apt/lists/*
# The user interface wants Node 20.19 or newer, which Debian's package may not be.
RUN npm install -g n && n 20
WORKDIR /src
COPY . .
RUN cargo build --release -p frontdesk

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
 && useradd --system --home /data --shell /usr/sbin/nologin frontdesk && install -d -o frontdesk /data
COPY --from=build /src/target/release/frontdesk /usr/local/bin/frontdesk
USER frontdesk
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["frontdesk", "--data", "/data"]
CMD ["serve", "--listen", "0.0.0.0:8080"]

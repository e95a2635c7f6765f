# The one binary, for CI and for emulating the providers beside an application.
#
#   docker build -t touchstone .
#   docker run --rm -p 9000:9000 touchstone                                       # the mocks
#   docker run --rm -p 8000:8000 -v "$PWD/kong.yaml:/work/kong.yaml:ro" -e TOUCHSTONE_HEALTH=http://127.0.0.1:8000/status/ready \
#     touchstone gateway --config kong.yaml --listen 0.0.0.0:8000
#   docker run --rm --network host -v "$PWD:/work" --user "$(id -u)" touchstone test --gateway my-gateway/ --url http://127.0.0.1:8000 --mocks 127.0.0.1:9000

FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --profile dist --locked --package touchstone

FROM debian:bookworm-slim
RUN useradd --uid 10001 --create-home --home-dir /work touchstone
COPY --from=build /src/target/dist/touchstone /usr/local/bin/touchstone
USER 10001
WORKDIR /work
EXPOSE 9000
# A profile that installs its gateway keeps it here; a volume makes it last.
ENV TOUCHSTONE_CACHE=/work/.cache
HEALTHCHECK --interval=10s --timeout=3s --start-period=2s CMD ["touchstone", "health"]
ENTRYPOINT ["touchstone"]
CMD ["mock", "--listen", "0.0.0.0:9000"]

# docker build -t interlock . && docker run --rm -v "$PWD:/src" interlock scan .
FROM swift:6.2-bookworm AS build
WORKDIR /interlock
COPY . .
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-pip make && scripts/wheel.py /wheel

FROM python:3.12-slim-bookworm
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends git && rm -rf /var/lib/apt/lists/* \
    && git config --system --add safe.directory /src
COPY --from=build /wheel /wheel
RUN pip install --no-cache-dir --no-index /wheel/*.whl && rm -rf /wheel && useradd --no-create-home interlock
USER interlock
WORKDIR /src
ENTRYPOINT ["interlock"]
CMD ["scan", "."]

# petage's image: every service, one entry each. Targets: `cpu` and `gpu`. docs/images.md tells how to build it.
#
# The base images are arguments, so that the same file builds on a mirror or on local ones. No address of a package
# index is here: npm, pip and apt use what the base image and the secrets `npmrc` and `pip` say.
ARG NODE_IMAGE=node:24-bookworm-slim
ARG CPU_RUNTIME_IMAGE=debian:bookworm-slim
ARG GPU_RUNTIME_IMAGE=nvidia/cuda:12.9.1-cudnn-runtime-ubuntu24.04

# --- compiler and packages, for the build only --------------------------------------------------------------------------
FROM ${NODE_IMAGE} AS build
RUN apt-get update -q \
    && apt-get install -yq --no-install-recommends binutils g++ python3-pip \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /srv/petage
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
    --mount=type=cache,target=/root/.npm \
    npm ci
COPY scripts/setup scripts/setup

# --- TensorFlow's C library and the binding, as on a laptop -------------------------------------------------------------
FROM build AS compiler
COPY scripts/image/inside/tensorflow.ts scripts/image/inside/timestamps.ts scripts/image/inside/

FROM compiler AS tensorflow-cpu
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=cache,target=/var/cache/petage \
    PETAGE_CACHE=/var/cache/petage node --import tsx scripts/image/inside/tensorflow.ts cpu /opt/tensorflow

FROM compiler AS tensorflow-gpu
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=cache,target=/var/cache/petage \
    PETAGE_CACHE=/var/cache/petage node --import tsx scripts/image/inside/tensorflow.ts gpu /opt/tensorflow

# --- what the services need of the packages, the bill of materials, the folders --------------------------------------
FROM build AS production
COPY scripts/image/inside scripts/image/inside
RUN node --import tsx scripts/image/inside/production.ts /rootfs

# --- our own code -----------------------------------------------------------------------------------------------------
FROM scratch AS code
COPY cli /srv/petage/cli
COPY configs /srv/petage/configs
COPY deploy/crd /srv/petage/deploy/crd
COPY lib /srv/petage/lib
COPY package.json /srv/petage/
COPY proto /srv/petage/proto
COPY services /srv/petage/services

# --- the images: one layer each for TensorFlow, Node, the packages and the code, the least often changed first --------
FROM ${CPU_RUNTIME_IMAGE} AS cpu
COPY --from=tensorflow-cpu /opt/tensorflow /opt/tensorflow
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=production /rootfs /
COPY --from=code / /
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="petage" \
      org.opencontainers.image.description="Trains and serves image models that tell a pet's age in months" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# The home folder is where programs keep what they must not keep in the image.
ENV HOME=/tmp NODE_ENV=production UV_THREADPOOL_SIZE=16
WORKDIR /srv/petage
USER 10001:10001
EXPOSE 50051 9464
STOPSIGNAL SIGTERM
ENTRYPOINT []
CMD ["cat", "/usr/share/petage/usage.txt"]

FROM ${GPU_RUNTIME_IMAGE} AS gpu
COPY --from=tensorflow-gpu /opt/tensorflow /opt/tensorflow
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=production /rootfs /
COPY --from=code / /
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="petage" \
      org.opencontainers.image.description="Trains and serves image models that tell a pet's age in months" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV HOME=/tmp NODE_ENV=production UV_THREADPOOL_SIZE=16
WORKDIR /srv/petage
USER 10001:10001
EXPOSE 50051 9464
STOPSIGNAL SIGTERM
ENTRYPOINT []
CMD ["cat", "/usr/share/petage/usage.txt"]

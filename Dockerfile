# syntax=docker/dockerfile:1
# docker build --target cpu -t sera:cpu .
# docker build --target cuda -t sera:cuda .
#
# Ubuntu 24.04 (noble): its libstdc++ has GLIBCXX_3.4.32, which TorchSharp's native library asks for (docs/adr/0003).
ARG DOTNET=10.0

FROM mcr.microsoft.com/dotnet/sdk:${DOTNET}-noble AS build
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /src
# Packages first: they change less often than the code.
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig ./
COPY build build
COPY Sera.Model/Sera.Model.csproj Sera.Model/
COPY Sera.Actors/Sera.Actors.csproj Sera.Actors/
COPY Sera.Host/Sera.Host.csproj Sera.Host/

FROM build AS publish-cpu
RUN dotnet restore Sera.Host -r linux-x64 -p:SeraTorch=cpu
COPY . .
RUN dotnet publish Sera.Host -c Release -r linux-x64 --no-self-contained --no-restore -p:SeraTorch=cpu -o /publish

FROM build AS publish-cuda
RUN dotnet restore Sera.Host -r linux-x64 -p:SeraTorch=cuda
COPY . .
RUN dotnet publish Sera.Host -c Release -r linux-x64 --no-self-contained --no-restore -p:SeraTorch=cuda -o /publish

# The control endpoint needs ASP.NET.
FROM mcr.microsoft.com/dotnet/aspnet:${DOTNET}-noble AS base
LABEL org.opencontainers.image.title="Sera" org.opencontainers.image.licenses="Apache-2.0"
COPY --link LICENSE NOTICE /opt/sera/
COPY --link hocon /opt/sera/hocon
COPY --link samples /opt/sera/samples
COPY --link --chmod=755 deploy/health /opt/sera/health
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 \
    PATH=/opt/sera/bin:$PATH
# A named volume takes the owner of the folder it covers.
RUN mkdir /work && chown $APP_UID:$APP_UID /work
VOLUME /work
WORKDIR /work
# 4053: other nodes. 4080: the control endpoint, on loopback unless the command line says otherwise.
EXPOSE 4053 4080
USER $APP_UID
# For nodes; a container that runs another verb is better started with --no-healthcheck.
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --retries=6 CMD ["/opt/sera/health", "live"]
ENTRYPOINT ["sera"]
CMD ["--help"]

FROM base AS cuda
# The libraries of CUDA come with the program; the driver comes from the host, by the NVIDIA container toolkit.
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY --link --from=publish-cuda /publish /opt/sera/bin

# The last stage is what a build without --target makes.
FROM base AS cpu
COPY --link --from=publish-cpu /publish /opt/sera/bin

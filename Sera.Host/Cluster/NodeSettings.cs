using System.Collections.Immutable;
using Sera.Host.Compute;

namespace Sera.Host.Cluster;

/// <summary>What the command line of a node says.</summary>
/// <param name="Join">host:port of control nodes.</param>
/// <param name="Dtype">f32, bf16 or auto.</param>
/// <param name="Token">Shared by the clients of the control endpoints; null = none, on loopback only.</param>
/// <param name="Tls">Folder of ca.pem and node.pfx; null = in the clear.</param>
/// <param name="Overrides">HOCON.</param>
internal sealed record NodeSettings(
    ImmutableArray<string> Roles,
    string Host,
    string PublicHost,
    int Port,
    ImmutableArray<string> Join,
    string Device,
    int Threads,
    string Dtype,
    int Workers,
    EngineChoice Engine,
    string Work,
    string? Journal,
    string ControlHost,
    int ControlPort,
    string? Token,
    string? Tls,
    string Overrides);

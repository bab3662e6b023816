using System.Collections.Immutable;
using Sera.Testing.Network;

namespace Sera.Testing.Nodes;

/// <summary>How one node of a cluster is started; the same every time, so that it comes back as who it was.</summary>
/// <param name="Roles">Joined by commas.</param>
/// <param name="Folder">Its own: the work folder and the log lie in it.</param>
/// <param name="Host">The address it listens on, for nodes and for clients.</param>
/// <param name="Seeds">host:port of the nodes to join, joined by commas.</param>
/// <param name="Journal">Connection string.</param>
/// <param name="Network">The host of a private network that it runs on; null = this machine.</param>
/// <param name="More">Further arguments.</param>
internal sealed record NodeSetup(
    string Name,
    string Roles,
    string Folder,
    string Host,
    int Port,
    int ControlPort,
    string Seeds,
    string Journal,
    string Token,
    NetworkHost? Network = null,
    ImmutableArray<string> More = default)
{
    public string Work => Path.Combine(Folder, "work");

    public string Log => Path.Combine(Folder, "log");

    /// <summary>Where clients find it.</summary>
    public string Endpoint => $"{Host}:{ControlPort}";

    public string[] Arguments =>
    [
        "node", "--roles", Roles, "--host", Host, "--port", $"{Port}", "--join", Seeds, "--work", Work, "--threads", "1",
        "--control-host", Host, "--control-port", $"{ControlPort}", .. More.IsDefault ? [] : More,
    ];

    /// <summary>What no list of processes should show.</summary>
    public ImmutableDictionary<string, string> Secrets =>
        ImmutableDictionary<string, string>.Empty.Add("SERA_TOKEN", Token).Add("SERA_JOURNAL", Journal);
}

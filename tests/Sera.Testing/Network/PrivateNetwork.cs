using System.Net;
using Sera.Testing.Processes;

namespace Sera.Testing.Network;

/// <summary>
/// A network of this process's own: a namespace for each host, joined by a bridge in one more. Two hosts can be cut from each other while
/// both still reach all others, which no proxy before a port can do: it does not see who calls. Needs root and iproute2.
/// </summary>
internal sealed class PrivateNetwork : IAsyncDisposable
{
    private const string Bridge = "br0";

    // No card has this address: what is sent to it is flooded by the bridge and taken by nobody, silently, as in a broken network.
    private const string Nowhere = "02:00:00:00:00:fe";

    private readonly string _hub = $"sera-{Guid.NewGuid().ToString("N")[..8]}";
    private readonly List<NetworkHost> _hosts = [];

    private PrivateNetwork()
    {
    }

    /// <exception cref="InvalidOperationException">This machine does not permit it; the message says why.</exception>
    public static async Task<PrivateNetwork> NewAsync()
    {
        var network = new PrivateNetwork();
        await IpAsync("netns", "add", network._hub);
        try
        {
            await IpAsync("-n", network._hub, "link", "add", Bridge, "type", "bridge");
            await IpAsync("-n", network._hub, "link", "set", Bridge, "up");
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    public async Task<NetworkHost> AddAsync()
    {
        var number = _hosts.Count + 1;
        var host = new NetworkHost($"{_hub}-{number}", IPAddress.Parse($"10.213.0.{number}"));
        await IpAsync("netns", "add", host.Namespace);
        _hosts.Add(host);
        await IpAsync("link", "add", NetworkHost.Card, "netns", host.Namespace, "type", "veth", "peer", "name", $"port{number}", "netns", _hub);
        await IpAsync("-n", _hub, "link", "set", $"port{number}", "master", Bridge, "up");
        await IpAsync("-n", host.Namespace, "addr", "add", $"{host.Address}/24", "dev", NetworkHost.Card);
        await IpAsync("-n", host.Namespace, "link", "set", NetworkHost.Card, "up");
        await IpAsync("-n", host.Namespace, "link", "set", "lo", "up");
        return host;
    }

    /// <summary>From now on these two do not reach each other.</summary>
    public static async Task CutAsync(NetworkHost one, NetworkHost other)
    {
        await MisleadAsync(one, other);
        await MisleadAsync(other, one);
    }

    public static async Task HealAsync(NetworkHost one, NetworkHost other)
    {
        await ForgetAsync(one, other);
        await ForgetAsync(other, one);
    }

    public async ValueTask DisposeAsync()
    {
        // The virtual cards go with their namespaces.
        foreach (var name in _hosts.Select(host => host.Namespace).Append(_hub)) await IpAsync("netns", "del", name);
    }

    private static Task MisleadAsync(NetworkHost from, NetworkHost to) => IpAsync(
        "-n", from.Namespace, "neigh", "replace", $"{to.Address}", "lladdr", Nowhere, "nud", "permanent", "dev", NetworkHost.Card);

    private static Task ForgetAsync(NetworkHost from, NetworkHost to) => IpAsync("-n", from.Namespace, "neigh", "del", $"{to.Address}", "dev", NetworkHost.Card);

    private static Task IpAsync(params string[] arguments) => LoggedProcess.RunAsync(["ip", .. arguments]);
}

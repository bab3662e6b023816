using System.Net;

namespace Sera.Host.Cluster;

/// <summary>The interface that only this machine reaches.</summary>
internal static class Loopback
{
    public const string Address = "127.0.0.1";

    public static bool Is(string host) => host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}

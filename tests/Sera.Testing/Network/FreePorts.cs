using System.Net;
using System.Net.Sockets;

namespace Sera.Testing.Network;

/// <summary>
/// Ports that nobody listens on, each given once. They lie below the range from which the system takes ports for outgoing connections: a
/// node that was killed must find its port free when it comes back.
/// </summary>
internal static class FreePorts
{
    private const int First = 20_000;
    private const int Last = 32_000;

    private static readonly Lock Gate = new();
    private static int _next = Random.Shared.Next(First, Last);

    public static int Next()
    {
        lock (Gate)
        {
            for (var tried = 0; tried < Last - First; tried++)
            {
                _next = _next + 1 < Last ? _next + 1 : First;
                if (IsFree(_next)) return _next;
            }
        }
        throw new InvalidOperationException($"no free port from {First} to {Last}");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

using System.Net;
using System.Net.Sockets;

namespace Sera.Testing.Network;

/// <summary>
/// Stands before a server and passes bytes on, until it is cut. Cut, it is silent as a broken network is: connections stay open and new ones
/// are taken, but nothing passes before it is healed. Bounded: so many connections, one small buffer each way, the rest waits with the sender.
/// </summary>
internal sealed class LoopbackProxy : IAsyncDisposable
{
    private const int MaxConnections = 256;
    private const int BufferBytes = 16 * 1024;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly EndPoint _target;
    private readonly SemaphoreSlim _room = new(MaxConnections);
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();
    private readonly HashSet<Link> _links = [];
    private readonly Task _accepting;
    private TaskCompletionSource _open = Opened();

    public LoopbackProxy(IPEndPoint target, IPEndPoint? listen = null)
    {
        _target = target;
        _listener.Bind(listen ?? new IPEndPoint(IPAddress.Loopback, FreePorts.Next()));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>How many connections pass through it now.</summary>
    public int Connections
    {
        get
        {
            lock (_gate) return _links.Count;
        }
    }

    /// <summary>From now on nothing passes.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            if (_open.Task.IsCompleted) _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>What waited goes on, in order and without a gap.</summary>
    public void Heal()
    {
        lock (_gate) _open.TrySetResult();
    }

    /// <summary>Ends every connection now, as a restarted router does.</summary>
    public void Reset()
    {
        Link[] links;
        lock (_gate) links = [.. _links];
        foreach (var link in links) link.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Dispose();
        Reset();
        await _accepting;
    }

    private Task PassAsync()
    {
        lock (_gate) return _open.Task.WaitAsync(_ending.Token);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                await _room.WaitAsync(_ending.Token);
                _ = CarryAsync(new Link(await _listener.AcceptAsync(_ending.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The proxy ends.
        }
    }

    private async Task CarryAsync(Link link)
    {
        lock (_gate) _links.Add(link);
        try
        {
            await PassAsync();
            await link.Far.ConnectAsync(_target, _ending.Token);
            await Task.WhenAll(PumpAsync(link.Near, link.Far), PumpAsync(link.Far, link.Near));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One end went away, and the other is told by closing it.
        }
        finally
        {
            link.Dispose();
            lock (_gate) _links.Remove(link);
            _room.Release();
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (await from.ReceiveAsync(buffer, _ending.Token) is > 0 and var read)
            {
                await PassAsync();
                for (var sent = 0; sent < read;) sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _ending.Token);
            }
            await PassAsync();
            to.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            // The other direction must not wait for an end that cannot come any more.
            from.Dispose();
            to.Dispose();
            throw;
        }
    }

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        open.SetResult();
        return open;
    }

    private sealed class Link(Socket near) : IDisposable
    {
        public Socket Near { get; } = near;

        public Socket Far { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        public void Dispose()
        {
            Near.Dispose();
            Far.Dispose();
        }
    }
}

using System.Net;
using System.Net.Sockets;
using Sera.Testing.Network;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Cluster.Tests.Network;

[Collection(OneAtATime.Name)]
public sealed class LoopbackProxyTests : IAsyncLifetime
{
    private static readonly TimeSpan Ceiling = TimeSpan.FromSeconds(60);

    private readonly TcpListener _echo = new(IPAddress.Loopback, 0);
    private LoopbackProxy _proxy = null!;

    public Task InitializeAsync()
    {
        _echo.Start();
        _ = EchoAsync();
        _proxy = new LoopbackProxy((IPEndPoint)_echo.LocalEndpoint);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _echo.Dispose();
    }

    [Fact]
    public async Task Much_comes_back_as_it_was_sent()
    {
        using var client = await ConnectAsync();
        var sent = new byte[5_000_000];
        Random.Shared.NextBytes(sent);
        var sending = client.GetStream().WriteAsync(sent);
        var back = new byte[sent.Length];
        await client.GetStream().ReadExactlyAsync(back);
        await sending;
        Assert.Equal(sent, back);
    }

    [Fact]
    public async Task Nothing_passes_a_cut_and_everything_comes_after_it()
    {
        using var client = await ConnectAsync();
        await client.GetStream().WriteAsync(new byte[] { 1 });
        Assert.Equal(1, await NextAsync(client));

        _proxy.Cut();
        await client.GetStream().WriteAsync(new byte[] { 2 });
        using var second = await ConnectAsync();
        await second.GetStream().WriteAsync(new byte[] { 3 });
        await Patience.UntilAsync(() => Task.FromResult(_proxy.Connections == 2), Ceiling, () => "the second connection was not taken");
        Assert.Equal(0, client.Available + second.Available);

        _proxy.Heal();
        Assert.Equal(2, await NextAsync(client));
        Assert.Equal(3, await NextAsync(second));
    }

    [Fact]
    public async Task The_end_of_one_side_reaches_the_other()
    {
        using var client = await ConnectAsync();
        await client.GetStream().WriteAsync(new byte[] { 7 });
        client.Client.Shutdown(SocketShutdown.Send);
        Assert.Equal(7, await NextAsync(client));
        Assert.Equal(-1, await NextAsync(client));
        await Patience.UntilAsync(() => Task.FromResult(_proxy.Connections == 0), Ceiling, () => "the connection is still there");
    }

    [Fact]
    public async Task A_reset_ends_connections_and_new_ones_are_served()
    {
        using var client = await ConnectAsync();
        await client.GetStream().WriteAsync(new byte[] { 1 });
        Assert.Equal(1, await NextAsync(client));
        _proxy.Reset();
        Assert.Equal(-1, await NextAsync(client));
        using var second = await ConnectAsync();
        await second.GetStream().WriteAsync(new byte[] { 9 });
        Assert.Equal(9, await NextAsync(second));
    }

    private async Task<TcpClient> ConnectAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync(_proxy.Address);
        return client;
    }

    /// <returns>The next byte; -1 where the connection ended.</returns>
    private static async Task<int> NextAsync(TcpClient client)
    {
        var one = new byte[1];
        try
        {
            return await client.Client.ReceiveAsync(one) == 0 ? -1 : one[0];
        }
        catch (SocketException)
        {
            return -1;
        }
    }

    private async Task EchoAsync()
    {
        try
        {
            while (true) _ = AnswerAsync(await _echo.AcceptSocketAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task AnswerAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            await stream.CopyToAsync(stream);
        }
        catch (IOException)
        {
            // The test is over.
        }
    }
}

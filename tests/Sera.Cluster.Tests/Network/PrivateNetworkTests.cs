using System.Net;
using System.Net.Sockets;
using Sera.Testing.Network;
using Xunit;

namespace Sera.Cluster.Tests.Network;

[Collection(OneAtATime.Name)]
public sealed class PrivateNetworkTests
{
    [Fact]
    public async Task Two_hosts_are_cut_from_each_other_and_both_still_reach_the_third()
    {
        await using var network = await PrivateNetwork.NewAsync();
        var (one, two, three) = (await network.AddAsync(), await network.AddAsync(), await network.AddAsync());
        using var first = await PairAsync(one, two);
        using var second = await PairAsync(one, three);
        using var third = await PairAsync(three, two);

        await PrivateNetwork.CutAsync(one, two);
        first.Send(1);
        second.Send(2);
        third.Send(3);
        Assert.Equal(2, await second.NextAsync());
        Assert.Equal(3, await third.NextAsync());
        // Sent before the two that arrived, over the same bridge.
        Assert.Equal(0, first.Waiting);

        await PrivateNetwork.HealAsync(one, two);
        Assert.Equal(1, await first.NextAsync());
    }

    private static async Task<Pair> PairAsync(NetworkHost from, NetworkHost to)
    {
        using var listener = to.Socket();
        listener.Bind(new IPEndPoint(to.Address, 0));
        listener.Listen();
        var near = from.Socket();
        var accepting = listener.AcceptAsync();
        await near.ConnectAsync(listener.LocalEndPoint!);
        return new Pair(near, await accepting);
    }

    private sealed record Pair(Socket Near, Socket Far) : IDisposable
    {
        public int Waiting => Far.Available;

        public void Send(byte value) => Near.Send([value]);

        public async Task<int> NextAsync()
        {
            var one = new byte[1];
            return await Far.ReceiveAsync(one) == 1 ? one[0] : -1;
        }

        public void Dispose()
        {
            Near.Dispose();
            Far.Dispose();
        }
    }
}

using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Akka.Actor;
using Akka.Event;
using Sera.Actors.Tests.Artifacts;
using Xunit;
using static Sera.Actors.Tests.Artifacts.ArtifactNode;

namespace Sera.Actors.Tests.Security;

/// <summary>Whatever comes over a real connection between two actor systems: a node refuses what it does not know, says so, and goes on.</summary>
public sealed class StrangerTests : IAsyncLifetime
{
    private static readonly Forged Question = new("find-artifacts:1", """{"sha256s":[]}"""u8.ToArray());
    private readonly ConcurrentQueue<string> _log = [];
    private readonly ArtifactNode _node = new(new NodeList(), overrides: "akka.loglevel = WARNING");
    private readonly Stranger _stranger = new();

    public Task InitializeAsync()
    {
        _node.System.EventStream.Subscribe(_node.System.ActorOf(Props.Create(() => new Ear(_log.Enqueue))), typeof(LogEvent));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _stranger.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Theory]
    [InlineData("launch:1", "{}")]
    [InlineData("find-artifacts:2", """{"sha256s":[]}""")]
    [InlineData("", "{}")]
    [InlineData("Sera.Actors.Artifacts.FindArtifacts, Sera.Actors", "{}")]
    [InlineData("find-artifacts:1", "{}")]
    [InlineData("find-artifacts:1", "null")]
    [InlineData("find-artifacts:1", """{"sha256s":[""")]
    [InlineData("keep-artifact:1", """{"sha256":7}""")]
    public async Task A_message_that_cannot_be_read_is_refused_and_logged_and_the_node_goes_on(string manifest, string bytes)
    {
        await _stranger.TellAsync(_node, new Forged(manifest, Encoding.UTF8.GetBytes(bytes)));
        await UntilAsync(() => _log.Any(line => line.Contains($"serializer id [7301] and manifest [{manifest}]", StringComparison.Ordinal)));
        // Over the same connection, and by its own nodes.
        Assert.Equal("artifacts-found:1", (await _stranger.AskAsync(_node, Question)).Manifest);
        Assert.Single(_log, line => line.Contains("serializer id [7301]", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_frame_larger_than_any_message_ends_its_connection_and_nothing_else()
    {
        Assert.Equal("artifacts-found:1", (await _stranger.AskAsync(_node, Question)).Manifest);
        using var connection = new TcpClient();
        await connection.ConnectAsync(_node.Self.Address.Host!, _node.Self.Address.Port!.Value);
        var header = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(header, int.MaxValue - 4);
        await connection.GetStream().WriteAsync(header);
        await EndsAsync(connection);
        Assert.Equal("artifacts-found:1", (await _stranger.AskAsync(_node, Question)).Manifest);
    }

    [Fact]
    public async Task A_message_larger_than_a_frame_is_not_read_and_other_nodes_go_on()
    {
        await using var large = new Stranger("akka.remote.dot-netty.tcp { maximum-frame-size = 64000000b, send-buffer-size = 64000000b }");
        Assert.Equal("artifacts-found:1", (await large.AskAsync(_node, Question)).Manifest);
        await large.TellAsync(_node, new Forged("launch:1", new byte[16_000_000]));
        await UntilAsync(() => !_log.IsEmpty);
        Assert.DoesNotContain(_log, line => line.Contains("launch:1", StringComparison.Ordinal));
        Assert.Equal("artifacts-found:1", (await _stranger.AskAsync(_node, Question)).Manifest);
    }

    /// <summary>Awaits the end of a connection by the other side.</summary>
    private static async Task EndsAsync(TcpClient connection)
    {
        using var ceiling = new CancellationTokenSource(Ceiling);
        try
        {
            while (await connection.GetStream().ReadAsync(new byte[1024], ceiling.Token) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Ended in haste.
        }
    }

    private sealed class Ear : ReceiveActor
    {
        public Ear(Action<string> hear) => Receive<LogEvent>(e => hear($"{e.LogLevel()}: {e.Message}"));
    }
}

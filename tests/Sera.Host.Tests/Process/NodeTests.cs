using Xunit;

namespace Sera.Testing.Processes;

/// <summary>What a node says of its own openness before it joins anything.</summary>
public sealed class NodeTests : IDisposable
{
    private static readonly Dictionary<string, string> NoToken = new() { ["SERA_TOKEN"] = "", ["SERA_JOURNAL"] = "" };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_control_endpoint_open_to_others_without_a_token_is_refused()
    {
        var outcome = await SeraProcess.RunAsync(NoToken, [.. Node(), "--control-host", "0.0.0.0"]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("--control-host: 0.0.0.0 without a token", Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.0.0.0", true)]
    [InlineData("127.0.0.1", false)]
    public async Task A_port_for_nodes_that_others_reach_without_certificates_is_one_line_of_warning(string host, bool warned)
    {
        using var node = SeraProcess.Start(NoToken, [.. Node(), "--host", host, "--public-host", "127.0.0.1"]);
        var error = node.StandardError.ReadToEndAsync();
        Assert.StartsWith("node akka.tcp://sera@127.0.0.1:", await node.StandardOutput.ReadLineAsync(), StringComparison.Ordinal);
        node.Kill();
        await node.WaitForExitAsync();
        Assert.Equal(warned ? 1 : 0, (await error).Split('\n').Count(line => line.StartsWith("warning: whoever reaches port 0 of 0.0.0.0 can join", StringComparison.Ordinal)));
    }

    private string[] Node() =>
        ["node", "--roles", "score", "--port", "0", "--control-port", "0", "--join", "127.0.0.1:1", "--threads", "1", "--work", Path.Combine(_folder.Path, "work")];
}

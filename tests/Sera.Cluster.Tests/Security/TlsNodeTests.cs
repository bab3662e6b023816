using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sera.Testing;
using Sera.Testing.Network;
using Sera.Testing.Postgres;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Cluster.Tests.Security;

/// <summary>A real node with certificates: who is not of its authority can neither join nor be read, and the log says why.</summary>
[Collection(OneAtATime.Name)]
public sealed class TlsNodeTests(SharedServer server) : IClassFixture<SharedServer>, IAsyncLifetime
{
    private const string Token = "the token of this test";
    private static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(3);
    private readonly Certificates _certificates = new();
    private readonly TemporaryFolder _folder = new();
    private readonly int _port = FreePorts.Next();
    private readonly int _controlPort = FreePorts.Next();
    private readonly List<Process> _processes = [];
    private string _own = "";
    private ImmutableDictionary<string, string> _secrets = ImmutableDictionary<string, string>.Empty;

    private string Log => Path.Combine(_folder.Path, "control.log");

    private string ClientLog => Path.Combine(_folder.Path, "client.log");

    public async Task InitializeAsync()
    {
        _own = await _certificates.MakeAsync("ours", "control-1");
        var journal = await server.Postgres.CreateDatabaseAsync(Guid.NewGuid().ToString("N"));
        Assert.Equal(0, (await SeraProcess.RunAsync("journal", "init", "--journal", journal)).ExitCode);
        _secrets = _secrets.Add("SERA_TOKEN", Token).Add("SERA_TLS_PASSWORD", Certificates.Password).Add("SERA_JOURNAL", journal);
        Node("control", _port, _controlPort, Log, _own);
        await Patience.UntilAsync(async () => await MembersAsync() == 1, Ceiling, () => Tail(Log));
    }

    public Task DisposeAsync()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            process.Dispose();
        }
        _certificates.Dispose();
        _folder.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Only_nodes_of_the_authority_join_and_only_they_are_read()
    {
        var (theirs, expired) = (await _certificates.MakeAsync("theirs", "score-1"), _certificates.MakeExpired("ours", "score-2"));

        // Real nodes: one of another authority, one without any.
        Node("score", FreePorts.Next(), FreePorts.Next(), Path.Combine(_folder.Path, "theirs.log"), theirs);
        Node("score", FreePorts.Next(), FreePorts.Next(), Path.Combine(_folder.Path, "clear.log"), tls: null);
        // Its own program refuses one that is out of date, with one line.
        var refused = Node("score", FreePorts.Next(), FreePorts.Next(), Path.Combine(_folder.Path, "expired.log"), expired);
        await refused.WaitForExitAsync();
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("node.pfx: ", Assert.Single(File.ReadAllLines(Path.Combine(_folder.Path, "expired.log"))), StringComparison.Ordinal);

        // Programs that care for nothing, with what those have.
        await using var another = new Intruder(Own(theirs));
        await using var late = new Intruder(Own(expired));
        await using var clear = new Intruder(null);
        foreach (var intruder in new[] { another, late, clear }) intruder.Send("127.0.0.1", _port);

        await SaysAsync("refused the certificate of .*: unable to get local issuer certificate", times: 2);
        await SaysAsync("refused the certificate of .*: certificate has expired", times: 1);
        await SaysAsync("Error caught channel .*not an SSL/TLS record", times: 2);
        Assert.Equal(1, await MembersAsync());

        // One that belongs to them, after all that, is let in and read.
        Node("score", FreePorts.Next(), FreePorts.Next(), Path.Combine(_folder.Path, "ours.log"), await _certificates.MakeAsync("ours", "score-3"));
        await Patience.UntilAsync(async () => await MembersAsync() == 2, Ceiling, () => Tail(Log));
        await using var known = new Intruder(Own(_own));
        known.Send("127.0.0.1", _port);
        await SaysAsync(Intruder.Manifest, times: 1);
        Assert.Single(File.ReadAllLines(Log), line => line.Contains(Intruder.Manifest, StringComparison.Ordinal));
        Assert.Equal(2, await MembersAsync());
    }

    [Fact]
    public async Task Clients_and_the_endpoint_trust_the_authority_alone()
    {
        var theirs = await _certificates.MakeAsync("theirs", "client");
        Assert.Equal(0, await ClientAsync(_own));
        Assert.Equal(2, await ClientAsync(theirs));
        Assert.Contains("no connection that can be trusted", await File.ReadAllTextAsync(ClientLog), StringComparison.Ordinal);
        Assert.Equal(2, await ClientAsync(tls: null, scheme: "https://"));
    }

    private async Task SaysAsync(string pattern, int times) => await Patience.UntilAsync(
        () => Task.FromResult(File.ReadLines(Log).Count(line => Regex.IsMatch(line, pattern)) >= times), Ceiling, () => $"no {pattern} in\n{Tail(Log)}");

    private static string Tail(string log) => LoggedProcess.Tail(log);

    private static X509Certificate2 Own(string folder) => X509CertificateLoader.LoadPkcs12FromFile(Path.Combine(folder, "node.pfx"), Certificates.Password);

    private Process Node(string role, int port, int controlPort, string log, string? tls)
    {
        string[] arguments =
        [
            "dotnet", SeraProcess.Program, "node", "--roles", role, "--port", $"{port}", "--control-port", $"{controlPort}", "--join", $"127.0.0.1:{_port}",
            "--work", Path.Combine(_folder.Path, $"node-{port}"), "--threads", "1", .. tls is null ? [] : new[] { "--tls", tls },
        ];
        var process = LoggedProcess.Start(log, _secrets, arguments);
        _processes.Add(process);
        return process;
    }

    /// <returns>The exit code of a client that lists the nodes.</returns>
    private async Task<int> ClientAsync(string? tls, string scheme = "")
    {
        File.Delete(ClientLog);
        var secrets = tls is null ? _secrets : _secrets.Add("SERA_TLS", tls);
        using var process = LoggedProcess.Start(ClientLog, secrets, "dotnet", SeraProcess.Program, "nodes", "--cluster", $"{scheme}127.0.0.1:{_controlPort}", "--json");
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <returns>How many nodes the cluster has, as the endpoint says.</returns>
    private async Task<int> MembersAsync()
    {
        if (await ClientAsync(_own) != 0) return 0;
        var text = await File.ReadAllTextAsync(ClientLog);
        return JsonDocument.Parse(text[text.IndexOf('{')..]).RootElement.GetProperty("members").EnumerateArray().Count(member => member.GetProperty("status").GetString() == "up");
    }
}

using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Sera.Actors.Hosting;
using Sera.Actors.Journals;
using Sera.Host.Cluster;
using Sera.Host.Compute;
using Sera.Model.Engine;
using Sera.Testing;
using Sera.Testing.Network;
using Sera.Testing.Postgres;
using Xunit;

namespace Sera.Cluster.Tests.Security;

/// <summary>A control node in this process with its control endpoint, on a real journal.</summary>
public sealed class ControlNode : IAsyncLifetime
{
    public const string Token = "the token of this test";
    private readonly SharedServer _server = new();
    private readonly TemporaryFolder _work = new();
    private ClusterNode _node = null!;
    private ControlServer _control = null!;

    public string Work => _work.Path;

    private static DeviceProbe Device { get; } = new(new EngineChoice(null), new TorchSettings("cpu", 1));

    public Uri Address => new(_control.Address);

    /// <summary>Every route that there is, with each of its methods, its parameters filled with what they may be.</summary>
    public IReadOnlyList<(string Method, string Path)> Routes
    {
        get
        {
            var routes = (IEndpointRouteBuilder)WebApplication.CreateSlimBuilder().Build();
            ControlServer.MapRoutes(routes, _node, Device);
            return
            [
                .. routes.DataSources.SelectMany(source => source.Endpoints).Cast<RouteEndpoint>().SelectMany(endpoint =>
                    endpoint.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods.Select(method => (method, Filled(endpoint.RoutePattern.RawText!)))),
            ];
        }
    }

    public async Task InitializeAsync()
    {
        await _server.InitializeAsync();
        var connection = await _server.Postgres.CreateDatabaseAsync("control");
        using (var journal = new JournalDatabase(connection)) await journal.CreateSchemaAsync();
        var port = FreePorts.Next();
        _node = await ClusterNode.StartAsync(
            new ClusterNodeOptions(
                [NodeRoles.Control], "127.0.0.1", "127.0.0.1", port, [$"127.0.0.1:{port}"], Work, connection, "cpu", 1, () => throw new NotSupportedException(),
                Overrides: "sera.artifacts.patience = 1s"),
            _ => { });
        _control = await ControlServer.StartAsync(
            _node,
            new NodeSettings(
                [NodeRoles.Control], "127.0.0.1", "127.0.0.1", port, [], "cpu", 1, "f32", 1, new EngineChoice(null), Work, connection, "127.0.0.1", 0, Token, null, ""),
            Device,
            tls: null);
    }

    public async Task DisposeAsync()
    {
        await _control.DisposeAsync();
        await _node.DisposeAsync();
        await _server.DisposeAsync();
        _work.Dispose();
    }

    /// <summary>A request as it is written, byte for byte: clients of higher kinds mend paths before they send them.</summary>
    /// <param name="token">null = none.</param>
    /// <returns>The status of the answer.</returns>
    public async Task<int> AskAsync(string method, string target, string? token = Token, byte[]? body = null)
    {
        var authorization = token is null ? "" : $"Authorization: Bearer {token}\r\n";
        var head = $"{method} {target} HTTP/1.1\r\nHost: {Address.Authority}\r\n{authorization}Content-Length: {body?.Length ?? 0}\r\nConnection: close\r\n\r\n";
        using var connection = new TcpClient();
        await connection.ConnectAsync(Address.Host, Address.Port);
        var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head));
        if (body is not null) await stream.WriteAsync(body);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        var status = await reader.ReadLineAsync() ?? throw new InvalidOperationException($"{method} {target}: no answer");
        await reader.ReadToEndAsync();
        return int.Parse(status.Split(' ')[1]);
    }

    private static string Filled(string pattern) =>
        pattern.Replace("{id}", "some-run", StringComparison.Ordinal).Replace("{sha}", new string('a', 64), StringComparison.Ordinal);
}

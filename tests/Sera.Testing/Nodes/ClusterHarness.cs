using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Sera.Testing.Network;
using Sera.Testing.Postgres;
using Sera.Testing.Processes;

namespace Sera.Testing.Nodes;

/// <summary>A whole cluster of real processes on a PostgreSQL of its own, each node with its own folder and supervisor.</summary>
internal sealed class ClusterHarness : IAsyncDisposable
{
    private static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(5);

    private readonly string _folder = Directory.CreateTempSubdirectory("sera-cluster-").FullName;
    private readonly ConcurrentBag<Process> _clients = [];
    private Func<string, ImmutableArray<string>> _more = _ => [];
    private PrivateNetwork? _network;
    private NetworkHost? _clientHost;

    private ClusterHarness(PostgresServer postgres) => Postgres = postgres;

    public PostgresServer Postgres { get; }

    /// <summary>The database of runs and events, straight.</summary>
    public string Journal { get; private set; } = "";

    /// <summary>What clients of the nodes have to show.</summary>
    public string Token { get; } = Guid.NewGuid().ToString("N");

    /// <summary>What only a run that has stopped for good reaches, however often it was disturbed.</summary>
    public TimeSpan RunCeiling { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>Control nodes first.</summary>
    public ImmutableArray<ClusterNode> Nodes { get; private set; } = [];

    public IEnumerable<ClusterNode> Control => Nodes.Where(node => IsControl(node.Setup.Roles));

    /// <summary>Stands between the nodes and PostgreSQL; null with a private network, where nodes use the server's socket, and where the layout wants none.</summary>
    public LoopbackProxy? JournalProxy { get; private set; }

    /// <param name="ownNetwork">Every node is a host of a private network, so that two can be cut from each other; all reach PostgreSQL by its socket.</param>
    /// <param name="more">Further arguments of a node, by its name.</param>
    public static async Task<ClusterHarness> StartAsync(ClusterLayout layout, bool ownNetwork = false, Func<string, ImmutableArray<string>>? more = null)
    {
        var cluster = new ClusterHarness(await PostgresServer.NewAsync()) { _more = more ?? (_ => []) };
        try
        {
            if (ownNetwork) cluster._network = await PrivateNetwork.NewAsync();
            await cluster.BeginAsync(layout);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public ClusterNode Node(string name) => Nodes.Single(node => node.Name == name);

    /// <summary>Done when every node says that it is ready.</summary>
    public async Task ReadyAsync()
    {
        foreach (var node in Nodes)
        {
            using var http = Http(node);
            http.Timeout = TimeSpan.FromSeconds(10);
            await Patience.UntilAsync(() => ReadyAsync(http, node.Setup), Ceiling, () => $"{node.Name} did not get ready:\n{LoggedProcess.Tail(node.Setup.Log)}");
        }
    }

    /// <summary>One more node, which joins as the others did.</summary>
    public ClusterNode Add(string name, string roles)
    {
        var any = Nodes[0].Setup;
        var node = new ClusterNode(any with
        {
            Name = name,
            Roles = roles,
            Folder = Path.Combine(_folder, name),
            Port = FreePorts.Next(),
            ControlPort = FreePorts.Next(),
            More = _more(name),
        });
        Nodes = Nodes.Add(node);
        node.Start();
        return node;
    }

    /// <summary>Speaks to the control endpoint of a node as its clients do; wherever the node is.</summary>
    public HttpClient Http(ClusterNode node)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectCallback = (_, cancellation) => ConnectAsync(node.Setup, cancellation) })
        {
            BaseAddress = new Uri($"http://{node.Setup.Endpoint}"),
        };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        return http;
    }

    /// <summary>The small sample run, submitted and followed to its end by a client with a folder of its own.</summary>
    /// <param name="through">The control node that the client speaks to; the first where none is given.</param>
    /// <param name="set">key=value of the run file, over those of the small run.</param>
    /// <returns>summary.json as it arrived at the client.</returns>
    public async Task<JsonElement> CompleteAsync(ClusterNode? through = null, params string[] set)
    {
        var work = ClientWork;
        string[] run = [.. SampleRuns.Chosen(work, set), "--cluster", (through ?? Control.First()).Setup.Endpoint];
        var process = Client(run);
        await Task.WhenAny(process.WaitForExitAsync(), Task.Delay(RunCeiling));
        if (!process.HasExited) throw new TimeoutException($"the run did not end within {RunCeiling}:\n{LoggedProcess.Tail(ClientLog)}\n{Logs()}");
        if (process.ExitCode == 0) return SampleRuns.Summary(work);
        throw new InvalidOperationException($"sera {string.Join(' ', run)} ended with {process.ExitCode}:\n{LoggedProcess.Tail(ClientLog)}\n{Logs()}");
    }

    /// <summary>A verb of a client of the cluster, to its end; it works in a folder of its own, and knows the token.</summary>
    public Task<SeraProcess.Outcome> ClientAsync(params string[] arguments) =>
        SeraProcess.RunAsync(Secrets, [.. arguments, "--cluster", Control.First(node => node.Running).Setup.Endpoint]);

    /// <summary>Where a client keeps what it gets.</summary>
    public string ClientWork => Path.Combine(_folder, "client");

    /// <summary>Starts the program as a client of the cluster; it ends with the cluster at the latest.</summary>
    public Process Client(params IEnumerable<string> arguments)
    {
        IEnumerable<string> command = ["dotnet", SeraProcess.Program, .. arguments];
        var process = LoggedProcess.Start(ClientLog, Secrets, _clientHost?.Command(command) ?? command);
        _clients.Add(process);
        return process;
    }

    /// <summary>Where clients say what they say.</summary>
    public string ClientLog => Path.Combine(_folder, "client.log");

    /// <summary>The end of every log, for the message of a failed test.</summary>
    public string Logs() => string.Join('\n', Nodes.Select(node =>
        $"== {node.Name}, {(node.Running ? "running" : "not running")}, ended with [{string.Join(", ", node.ExitCodes)}]\n{LoggedProcess.Tail(node.Setup.Log, 15)}")
        .Append($"== postgres\n{LoggedProcess.Tail(Postgres.Log, 15)}"));

    /// <summary>Everything ends, and the folders go unless SERA_KEEP is set, for looking at them after a failure.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            client.Kill();
            client.Dispose();
        }
        await Task.WhenAll(Nodes.Select(node => node.DisposeAsync().AsTask()));
        if (JournalProxy is not null) await JournalProxy.DisposeAsync();
        await Postgres.DisposeAsync();
        if (_network is not null) await _network.DisposeAsync();
        if (Environment.GetEnvironmentVariable("SERA_KEEP") is null) Directory.Delete(_folder, recursive: true);
    }

    private ImmutableDictionary<string, string> Secrets => ImmutableDictionary<string, string>.Empty.Add("SERA_TOKEN", Token);

    private async Task BeginAsync(ClusterLayout layout)
    {
        Journal = await Postgres.CreateDatabaseAsync("sera");
        if (_network is not null) _clientHost = await _network.AddAsync();
        else if (!layout.Straight) JournalProxy = new LoopbackProxy(new IPEndPoint(IPAddress.Loopback, Postgres.Port));
        var journal = JournalProxy is { } proxy ? Postgres.Connection("sera", port: proxy.Address.Port)
            : _network is null ? Journal
            : Postgres.Connection("sera", Postgres.Sockets);
        var schema = await SeraProcess.RunAsync("journal", "init", "--journal", Journal);
        if (schema.ExitCode != 0) throw new InvalidOperationException($"sera journal init ended with {schema.ExitCode}: {schema.Error}");

        var places = new List<(string Name, string Roles, NetworkHost? Network, string Host, int Port)>();
        foreach (var (name, roles) in layout.Nodes)
        {
            var host = _network is null ? null : await _network.AddAsync();
            places.Add((name, roles, host, host?.Address.ToString() ?? "127.0.0.1", FreePorts.Next()));
        }
        var seeds = string.Join(',', places.Where(place => IsControl(place.Roles)).Select(place => $"{place.Host}:{place.Port}"));
        Nodes = [.. places.Select(place => new ClusterNode(new NodeSetup(
            place.Name, place.Roles, Path.Combine(_folder, place.Name), place.Host, place.Port, FreePorts.Next(), seeds, journal, Token, place.Network,
            [.. layout.Arguments, .. _more(place.Name)])))];
        foreach (var node in Nodes) node.Start();
        await ReadyAsync();
    }

    private static bool IsControl(string roles) => roles.Split(',').Contains("control");

    private static async Task<bool> ReadyAsync(HttpClient http, NodeSetup node)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri($"http://{node.Endpoint}/health/ready"));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private static async ValueTask<Stream> ConnectAsync(NodeSetup node, CancellationToken cancellation)
    {
        var socket = node.Network?.Socket() ?? new(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPEndPoint.Parse(node.Endpoint), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

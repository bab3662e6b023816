using System.Collections.Immutable;
using System.CommandLine;
using Akka.Configuration;
using Sera.Actors.Hosting;
using Sera.Host.Cluster;
using Sera.Host.Compute;
using Sera.Host.Configuration;
using Sera.Model.Data;

namespace Sera.Host.Commands;

/// <summary>The options of sera node.</summary>
internal sealed class NodeCommandOptions
{
    private const string TokenVariable = "SERA_TOKEN";

    private readonly Option<string> _roles = Text("--roles", "What this node does: control, generate, score, train; several with commas.", "roles", null);
    private readonly Option<string> _host = Text("--host", "Interface that other nodes reach.", "host", Loopback.Address);
    private readonly Option<string?> _publicHost = Optional("--public-host", "Name under which other nodes reach it; --host where not given.", "host");
    private readonly Option<int> _port = Number("--port", "Port for other nodes; 0 = a free one.", 4053);
    private readonly Option<string?> _join = Optional("--join", "host:port of control nodes, with commas; a first control node joins itself.", "nodes");
    private readonly Option<string> _device = Text("--device", "cpu, cuda or cuda:n; one process a GPU.", "device", "cpu");
    private readonly Option<int> _threads = Number("--threads", "libtorch threads; 0 = half of the cores, at least 1. Equal on all nodes for equal bits.", 0);
    private readonly Option<string> _dtype = Text("--dtype", "f32, bf16, or auto for the fastest here: the node serves runs whose compute.dtype is the same.", "type", "f32");
    private readonly Option<int> _workers = Number("--workers", "Workers for each role of this node.", 1);
    private readonly Option<double?> _simulate = new("--simulate") { Description = "Compute nothing and wait as a device of so many tokens a second would; for runs with compute.engine = simulated.", HelpName = "tokens/s" };
    private readonly Option<string> _work = CommonOptions.Work();
    private readonly Option<string?> _journal = JournalCommand.Connection();
    private readonly Option<string> _controlHost = Text("--control-host", "Interface of the control endpoint (HTTP).", "host", Loopback.Address);
    private readonly Option<int> _controlPort = Number("--control-port", "Port of the control endpoint; 0 = a free one.", 4080);
    private readonly Option<string?> _tls = Optional("--tls", "Folder of ca.pem and node.pfx (password in SERA_TLS_PASSWORD): only nodes with a certificate of that authority may join.", "folder");
    private readonly Option<string?> _config = Optional("--config", "A HOCON file over hocon/cluster.conf and hocon/node.conf.", "file");

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _roles, _host, _publicHost, _port, _join, _device, _threads, _dtype, _workers, _simulate, _work, _journal, _controlHost, _controlPort, _tls, _config })
            command.Options.Add(option);
        _dtype.AcceptOnlyFromAmong("f32", "bf16", "auto");
    }

    /// <exception cref="InputException">A value is not allowed, or the control endpoint would be open to everybody.</exception>
    public NodeSettings Read(ParseResult parsed)
    {
        var roles = Roles(parsed.GetValue(_roles) ?? "");
        var host = parsed.GetValue(_host)!;
        var publicHost = parsed.GetValue(_publicHost) ?? host;
        var port = InRange(parsed.GetValue(_port), "--port", 0, 65535);
        var join = Addresses(parsed.GetValue(_join));
        if (join.IsEmpty)
        {
            if (!roles.Contains(NodeRoles.Control) || port == 0)
                throw new InputException("--join", "nothing", "host:port of a control node", "give the address that a control node was started with");
            join = [$"{publicHost}:{port}"];
        }
        var token = Environment.GetEnvironmentVariable(TokenVariable) is { Length: > 0 } secret ? secret : null;
        var controlHost = parsed.GetValue(_controlHost)!;
        if (token is null && !Loopback.Is(controlHost))
            throw new InputException("--control-host", $"{controlHost} without a token", $"a token in {TokenVariable}, or the loopback interface", $"set {TokenVariable} to a secret that nodes and clients share");
        return new NodeSettings(
            roles, host, publicHost, port, join, parsed.GetValue(_device)!, InRange(parsed.GetValue(_threads), "--threads", 0, 1024), parsed.GetValue(_dtype)!,
            InRange(parsed.GetValue(_workers), "--workers", 1, 64), Engine(parsed.GetValue(_simulate)), Path.GetFullPath(parsed.GetValue(_work)!), parsed.GetValue(_journal), controlHost,
            InRange(parsed.GetValue(_controlPort), "--control-port", 0, 65535), token, parsed.GetValue(_tls), Overrides(parsed.GetValue(_config)));
    }

    private static ImmutableArray<string> Roles(string text)
    {
        ImmutableArray<string> roles = [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct()];
        if (roles.IsEmpty) throw new InputException("--roles", "nothing", string.Join(", ", NodeRoles.All), "say what the node does");
        foreach (var role in roles.Where(role => !NodeRoles.All.Contains(role)))
        {
            throw new InputException("--roles", $"'{role}'", string.Join(", ", NodeRoles.All), $"the nearest is '{NearestKey.Of(role, NodeRoles.All)}'");
        }
        return roles;
    }

    private static EngineChoice Engine(double? rate) => rate is null or > 0
        ? new EngineChoice(rate)
        : throw new InputException("--simulate", $"{rate}", "tokens a second, more than 0", "correct it");

    private static ImmutableArray<string> Addresses(string? text)
    {
        ImmutableArray<string> all = [.. (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        foreach (var address in all)
        {
            var colon = address.LastIndexOf(':');
            if (colon < 1 || !ushort.TryParse(address.AsSpan(colon + 1), out var port) || port == 0)
                throw new InputException("--join", $"'{address}'", "host:port of a control node, such as 10.0.0.1:4053", "correct it");
        }
        return all;
    }

    private static string Overrides(string? path)
    {
        if (path is null) return "";
        try
        {
            var text = File.ReadAllText(path);
            _ = ConfigurationFactory.ParseString(text);
            return text;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new InputException(path, e.Message, "a HOCON file", "correct it");
        }
    }

    private static int InRange(int value, string option, int low, int high) => value >= low && value <= high
        ? value
        : throw new InputException(option, $"{value}", $"a whole number from {low} to {high}", "correct it");

    private static Option<string> Text(string name, string description, string shown, string? value)
    {
        var option = new Option<string>(name) { Description = description, HelpName = shown };
        if (value is not null) option.DefaultValueFactory = _ => value;
        return option;
    }

    private static Option<string?> Optional(string name, string description, string shown) => new(name) { Description = description, HelpName = shown };

    private static Option<int> Number(string name, string description, int value) =>
        new(name) { Description = description, HelpName = "n", DefaultValueFactory = _ => value };
}

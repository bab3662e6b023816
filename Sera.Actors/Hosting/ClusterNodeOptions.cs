using System.Collections.Immutable;
using Sera.Model.Engine;

namespace Sera.Actors.Hosting;

/// <summary>What a node of a cluster is made of. None of it changes the result of a run.</summary>
/// <param name="Roles">Out of control, generate, score, train; at least one.</param>
/// <param name="BindHost">Interface that other nodes reach.</param>
/// <param name="PublicHost">Name under which they reach it.</param>
/// <param name="Port">0 = a free one.</param>
/// <param name="Seeds">host:port of control nodes to join by.</param>
/// <param name="WorkFolder">This node's own artifacts, index and bases.</param>
/// <param name="Journal">Connection string of PostgreSQL; required with the role control.</param>
/// <param name="Device">What computes here, in words: the engines' fingerprint.</param>
/// <param name="Workers">Worker actors for each of the roles generate, score and train.</param>
/// <param name="CreateEngine">Called on the thread that will use the engine.</param>
/// <param name="Engine">Of what kind that is: the node serves runs of this kind, and no others.</param>
/// <param name="Tls">null = connections in the clear.</param>
/// <param name="Overrides">HOCON on top of everything, or empty.</param>
public sealed record ClusterNodeOptions(
    ImmutableArray<string> Roles,
    string BindHost,
    string PublicHost,
    int Port,
    ImmutableArray<string> Seeds,
    string WorkFolder,
    string? Journal,
    string Device,
    int Workers,
    Func<IPolicyEngine> CreateEngine,
    EngineKind Engine = EngineKind.F32,
    NodeTls? Tls = null,
    string Overrides = "")
{
    public bool Has(string role) => Roles.Contains(role);
}

/// <summary>The names of node roles.</summary>
public static class NodeRoles
{
    public const string Control = "control";
    public const string Generate = "generate";
    public const string Score = "score";
    public const string Train = "train";

    public static ImmutableArray<string> All { get; } = [Control, Generate, Score, Train];
}

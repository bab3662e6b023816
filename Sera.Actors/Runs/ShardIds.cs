using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Sera.Actors.Work;
using Sera.Model.Alignment;

namespace Sera.Actors.Runs;

/// <summary>
/// The ids of a run's shards, each computed once: a run asks for all that is outstanding with every result, and the digests of ten thousand orders
/// would take longer than the orders themselves. Gone with the run's options. For many threads.
/// </summary>
internal sealed class ShardIds
{
    private static readonly ConditionalWeakTable<RunOptions, ShardIds> Known = [];

    private readonly ConcurrentDictionary<ScoreOrder, string> _scores = new();
    private readonly ConcurrentDictionary<GenerateOrder, string> _generations = new();

    public static ShardIds Of(RunOptions options) => Known.GetValue(options, _ => new ShardIds());

    public string Of(ScoreOrder order) => _scores.GetOrAdd(order, WorkIds.Of);

    public string Of(GenerateOrder order) => _generations.GetOrAdd(order, WorkIds.Of);
}

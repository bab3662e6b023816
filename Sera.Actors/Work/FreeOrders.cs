using System.Collections.Immutable;

namespace Sera.Actors.Work;

/// <summary>The free orders of one kind: each run's in the order of their announcement, the runs in turn, so that a long one holds up no other.</summary>
internal sealed record FreeOrders
{
    public static readonly FreeOrders None = new();

    private FreeOrders()
    {
    }

    private ImmutableSortedSet<string> Runs { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    private ImmutableDictionary<string, ImmutableSortedDictionary<long, string>> Orders { get; init; } =
        ImmutableDictionary.Create<string, ImmutableSortedDictionary<long, string>>(StringComparer.Ordinal);

    /// <summary>The run whose turn was last.</summary>
    private string Served { get; init; } = "";

    public FreeOrders Add(string runId, long place, string workId) => this with
    {
        Runs = Runs.Add(runId),
        Orders = Orders.SetItem(runId, Orders.GetValueOrDefault(runId, ImmutableSortedDictionary<long, string>.Empty).SetItem(place, workId)),
    };

    public FreeOrders Remove(string runId, long place)
    {
        var left = Orders[runId].Remove(place);
        return left.IsEmpty
            ? this with { Runs = Runs.Remove(runId), Orders = Orders.Remove(runId) }
            : this with { Orders = Orders.SetItem(runId, left) };
    }

    public bool IsEmpty => Runs.IsEmpty;

    /// <param name="fits">By work id.</param>
    /// <returns>The first order that fits, of the run whose turn it is or the next that has one, or null; the turn goes on, the order stays until it is removed.</returns>
    public (FreeOrders Orders, string? WorkId) Turn(Func<string, bool> fits)
    {
        var at = Runs.IndexOf(Served);
        var first = at < 0 ? ~at : at + 1;
        for (var turn = 0; turn < Runs.Count; turn++)
        {
            var run = Runs[(first + turn) % Runs.Count];
            if (Orders[run].Values.FirstOrDefault(fits) is { } workId) return (this with { Served = run }, workId);
        }
        return (this, null);
    }
}

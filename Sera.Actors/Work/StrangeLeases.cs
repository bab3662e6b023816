using System.Collections.Immutable;

namespace Sera.Actors.Work;

/// <summary>Since when workers speak of orders that no run has announced here. One a worker, which has at most one order. Pure values.</summary>
internal sealed record StrangeLeases
{
    private ImmutableDictionary<string, (string WorkId, DateTimeOffset Since)> Heard { get; init; } =
        ImmutableDictionary.Create<string, (string, DateTimeOffset)>(StringComparer.Ordinal);

    public DateTimeOffset Since(string worker) => Heard[worker].Since;

    public StrangeLeases With(string worker, string workId, DateTimeOffset now) =>
        Heard.TryGetValue(worker, out var heard) && heard.WorkId == workId ? this : this with { Heard = Heard.SetItem(worker, (workId, now)) };

    public StrangeLeases Without(string worker) => Heard.ContainsKey(worker) ? this with { Heard = Heard.Remove(worker) } : this;
}

using System.Collections.Immutable;

namespace Sera.Actors.Work;

/// <summary>How long the last orders of each kind took. Pure values.</summary>
internal sealed record WorkPace
{
    private const int Kept = 32;
    private const int Enough = 3;

    private ImmutableDictionary<WorkKind, ImmutableList<TimeSpan>> Durations { get; init; } = ImmutableDictionary<WorkKind, ImmutableList<TimeSpan>>.Empty;

    public WorkPace Add(WorkKind kind, TimeSpan duration)
    {
        var durations = Durations.GetValueOrDefault(kind, []).Add(duration);
        return this with { Durations = Durations.SetItem(kind, durations.Count > Kept ? durations.RemoveAt(0) : durations) };
    }

    /// <summary>null while too few are known to say.</summary>
    public TimeSpan? Median(WorkKind kind) =>
        Durations.TryGetValue(kind, out var durations) && durations.Count >= Enough ? durations.Order().ElementAt(durations.Count / 2) : null;
}

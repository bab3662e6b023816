using System.Collections.Immutable;

namespace Sera.Cluster.Tests.Faults;

/// <summary>
/// Which process is hurt when and how, from a seed alone. Every fault ends by itself, and at any moment more than half of the control nodes
/// are neither stopped nor away nor within their recovery: what the cluster promises, it promises with a majority.
/// </summary>
internal static class FaultSchedule
{
    public static readonly TimeSpan ShortestStop = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(60);

    /// <param name="seed">0 or more.</param>
    /// <param name="recovery">How long after a fault a process counts as still away.</param>
    /// <returns>By time.</returns>
    public static ImmutableArray<Fault> Make(int seed, int count, TimeSpan duration, ImmutableArray<FaultTarget> targets, TimeSpan recovery)
    {
        // Random takes a negative seed for its positive.
        ArgumentOutOfRangeException.ThrowIfNegative(seed);
        var control = targets.Count(target => target.Role == FaultTarget.Control);
        if (targets.Length == control) throw new ArgumentException("somebody besides the control nodes must be there to be hurt", nameof(targets));
        var random = new Random(seed);
        var spare = (control - 1) / 2;
        // So that every control node gets its turn within the time, although they have to wait for each other.
        var longestForControl = Bounded(duration / (2 * control) - recovery);
        var deck = new List<FaultTarget>();
        var controlBack = new Dictionary<FaultTarget, TimeSpan>();
        var faults = ImmutableArray.CreateBuilder<Fault>(count);
        var times = Enumerable.Range(0, count).Select(_ => duration * random.NextDouble()).Order().ToArray();
        foreach (var at in times)
        {
            // From shuffled decks rather than drawn each time, and who could not be hurt yet comes first in the next: nobody is spared for long.
            if (!deck.Exists(Allowed)) deck.AddRange(Shuffled(targets.Except(deck), random));
            var next = deck.FindIndex(Allowed);
            var target = deck[next];
            deck.RemoveAt(next);
            var kind = (FaultKind)random.Next(4);
            var longest = target.Role == FaultTarget.Control ? longestForControl : LongestStop;
            var length = kind is FaultKind.Stop or FaultKind.Restart ? Length(random, longest) : TimeSpan.Zero;
            if (target.Role == FaultTarget.Control) controlBack[target] = at + length + recovery;
            faults.Add(new Fault(at, target, kind, length));

            bool Allowed(FaultTarget candidate) => candidate.Role != FaultTarget.Control
                || (controlBack.GetValueOrDefault(candidate) <= at && controlBack.Count(away => away.Value > at) < spare);
        }
        return faults.MoveToImmutable();
    }

    /// <summary>Short ones mostly, long ones sometimes: every failure detector's patience lies between them.</summary>
    private static TimeSpan Length(Random random, TimeSpan longest) => ShortestStop * Math.Pow(longest / ShortestStop, random.NextDouble());

    private static TimeSpan Bounded(TimeSpan length) => length < ShortestStop ? ShortestStop : length > LongestStop ? LongestStop : length;

    private static FaultTarget[] Shuffled(IEnumerable<FaultTarget> targets, Random random)
    {
        FaultTarget[] shuffled = [.. targets];
        random.Shuffle(shuffled);
        return shuffled;
    }
}

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

    /// <param name="recovery">How long after a fault a process counts as still away.</param>
    /// <returns>By time.</returns>
    public static ImmutableArray<Fault> Make(int seed, int count, TimeSpan duration, ImmutableArray<FaultTarget> targets, TimeSpan recovery)
    {
        var control = targets.Count(target => target.Role == FaultTarget.Control);
        if (targets.Length == control) throw new ArgumentException("somebody besides the control nodes must be there to be hurt", nameof(targets));
        var random = new Random(seed);
        var spare = (control - 1) / 2;
        var deck = new List<FaultTarget>();
        var controlBack = new Dictionary<FaultTarget, TimeSpan>();
        var faults = ImmutableArray.CreateBuilder<Fault>(count);
        var times = Enumerable.Range(0, count).Select(_ => duration * random.NextDouble()).Order().ToArray();
        foreach (var at in times)
        {
            // From shuffled decks rather than drawn each time: nobody is spared for long.
            if (!deck.Exists(target => Allowed(target, at))) deck = Shuffled(targets, random);
            var next = deck.FindIndex(target => Allowed(target, at));
            var target = deck[next];
            deck.RemoveAt(next);
            var kind = (FaultKind)random.Next(4);
            var length = kind is FaultKind.Stop or FaultKind.Restart ? Length(random) : TimeSpan.Zero;
            if (target.Role == FaultTarget.Control) controlBack[target] = Later(controlBack.GetValueOrDefault(target), at + length + recovery);
            faults.Add(new Fault(at, target, kind, length));
        }
        return faults.MoveToImmutable();

        bool Allowed(FaultTarget target, TimeSpan at) =>
            target.Role != FaultTarget.Control || controlBack.Count(away => away.Key != target && away.Value > at) < spare;
    }

    /// <summary>Short ones mostly, long ones sometimes: every failure detector's patience lies between them.</summary>
    private static TimeSpan Length(Random random) => ShortestStop * Math.Pow(LongestStop / ShortestStop, random.NextDouble());

    private static List<FaultTarget> Shuffled(ImmutableArray<FaultTarget> targets, Random random)
    {
        FaultTarget[] shuffled = [.. targets];
        random.Shuffle(shuffled);
        return [.. shuffled];
    }

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;
}

using System.Collections.Immutable;
using Sera.Actors.Runs;
using Sera.Actors.Work;

namespace Sera.Benchmarks.Cluster;

/// <summary>How well a phase of one kind of work kept its workers busy, from the events of the run: all by the clock of one control node.</summary>
/// <param name="Seconds">From the moment the orders were decided on until the last result was recorded; what is before the first grant and after the last is in it.</param>
/// <param name="Tokens">Of all orders.</param>
/// <param name="Coordination">Share of the workers' time in which they computed nothing although there were free orders.</param>
internal sealed record PhaseTimes(double Seconds, int Orders, long Tokens, double Coordination)
{
    public double OrdersPerSecond => Orders / Seconds;

    /// <summary>Of what so many devices of a speed can do in that time.</summary>
    public double Efficiency(int workers, double tokensPerSecond) => Tokens / tokensPerSecond / workers / Seconds;

    public static PhaseTimes Of(IEnumerable<IRunEvent> events, WorkKind kind, int workers)
    {
        var all = events.ToList();
        var begin = all.OfType<RoundOpened>().Single(opened => opened.Round == 1).At;
        var done = all.Where(recorded => EffortOf(recorded)?.Worker == kind).OrderBy(recorded => recorded.At)
            .Select(recorded => (End: (recorded.At - begin).TotalSeconds, EffortOf(recorded)!.Seconds, EffortOf(recorded)!.Tokens)).ToImmutableArray();
        // With the result of this one, the last free order was granted to whoever brought it.
        var drained = done[Math.Max(0, done.Length - workers - 1)].End;
        var busy = done.Sum(order => Math.Clamp(order.Seconds - Math.Max(0, order.End - drained), 0, order.Seconds));
        return new PhaseTimes(done[^1].End, done.Length, done.Sum(order => order.Tokens), 1 - (busy / (workers * drained)));
    }

    /// <summary>null for events that record no work of workers.</summary>
    public static Effort? EffortOf(IRunEvent recorded) => recorded switch
    {
        ScoresRecorded scores => scores.Effort,
        RolloutsRecorded rollouts => rollouts.Effort,
        _ => null,
    };
}

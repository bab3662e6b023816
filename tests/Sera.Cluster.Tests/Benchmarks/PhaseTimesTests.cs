using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Benchmarks.Cluster;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;
using Xunit;

namespace Sera.Cluster.Tests.Benchmarks;

/// <summary>What the scaling benchmark makes of a run's events.</summary>
[Collection(OneAtATime.Name)]
public sealed class PhaseTimesTests
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly PolicyRef Policy = new("base");

    [Fact]
    public void Workers_that_never_wait_are_efficient_and_take_no_coordination()
    {
        var times = Of(workers: 2, (2, 2), (2, 2), (4, 2), (4, 2), (6, 2), (6, 2));
        Assert.Equal((6, 6000L), (times.Orders, times.Tokens));
        Assert.Equal(1, times.OrdersPerSecond, 9);
        Assert.Equal(1, times.Efficiency(2, 500), 9);
        Assert.Equal(0, times.Coordination, 9);
    }

    [Fact]
    public void Time_between_orders_is_coordination()
    {
        // Half a second before each order of one and a half.
        var times = Of(workers: 2, (2, 1.5), (2, 1.5), (4, 1.5), (4, 1.5), (6, 1.5), (6, 1.5));
        Assert.Equal(0.75, times.Efficiency(2, 1000 / 1.5), 9);
        Assert.Equal(0.25, times.Coordination, 2);
    }

    [Fact]
    public void Waiting_when_no_order_is_free_costs_efficiency_but_is_no_coordination()
    {
        // The last order was granted at 4; the other worker had nothing to do from then on.
        var times = Of(workers: 2, (2, 2), (2, 2), (4, 2), (4, 2), (6, 2));
        Assert.Equal(5000 / 1000.0 * 2 / (2 * 6), times.Efficiency(2, 500), 9);
        Assert.Equal(0, times.Coordination, 9);
    }

    /// <param name="orders">When each result was recorded, and how long its worker computed, in seconds.</param>
    private static PhaseTimes Of(int workers, params (double End, double Seconds)[] orders) => PhaseTimes.Of(
        [
            new RoundOpened(0, Policy, Policy, Begin),
            new RoundOpened(1, Policy, Policy, Begin),
            .. orders.Select((order, index) => new ScoresRecorded(
                1, Policy, "rows", index, index + 1, $"{index}", new ScoredRows(new ArtifactRef("scores", "sha", 1), 1),
                new Effort(WorkKind.Score, order.Seconds, 1000), Begin.AddSeconds(order.End))),
        ],
        WorkKind.Score, workers);
}

using CsCheck;
using Sera.Model.Alignment;
using Sera.Model.Alignment.Losses;
using Xunit;

namespace Sera.Model.Tests.Alignment.Losses;

public sealed class MovingThresholdTests
{
    private static readonly LossOptions Moving = new("spa", 0.1, 0, MovingThreshold: true);

    // Of the margins 1 .. 50 the fifth and the sixth are 5 and 6; of 1 .. 60 the sixth and the seventh.
    [Theory]
    [InlineData(50, 60, 5.5)]
    [InlineData(60, 100, 6.5)]
    public void It_is_about_the_tenth_percentile(int steps, int total, double expected) =>
        Assert.Equal(expected, Threshold(Enumerable.Range(1, steps).Select(i => (double)i), total));

    [Theory]
    [InlineData(0, 60)]
    [InlineData(49, 60)]
    [InlineData(59, 300)]
    public void Before_fifty_steps_and_a_fifth_of_all_no_label_is_doubted(int steps, int total)
    {
        var least = Threshold(Enumerable.Repeat(1.0, steps), total);
        Assert.True(least < -1e300, $"{least}");
        var loss = MovingThreshold.LossOfStep(Moving, [.. Enumerable.Repeat(1.0, steps)], total);
        var pair = new PairLogps(-300, -1, -1, -300, 3, 3);
        Assert.Equal(
            PreferenceLosses.Get("dpo").Evaluate(new LossOptions("dpo", 0.1, 0), pair, PairColumns.None, new StepTotals(1, 3)),
            PreferenceLosses.Get("spa").Evaluate(loss, pair, PairColumns.None, new StepTotals(1, 3)));
    }

    [Fact]
    public void The_order_of_the_steps_does_not_matter() => Gen.Double[-5, 5].Array[50, 80].Sample(margins =>
        Assert.Equal(Threshold(margins, 100), Threshold(margins.Reverse(), 100)));

    [Fact]
    public void Where_it_does_not_move_the_loss_is_the_run_s()
    {
        var loss = Moving with { MovingThreshold = false };
        Assert.Same(loss, MovingThreshold.LossOfStep(loss, [], 100));
    }

    private static double Threshold(IEnumerable<double> margins, int total) =>
        MovingThreshold.LossOfStep(Moving, [.. margins], total).Parameter(LossParameter.Threshold)!.Value;
}

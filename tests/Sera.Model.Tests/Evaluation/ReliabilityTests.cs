using CsCheck;
using Sera.Model.Evaluation;
using Xunit;

namespace Sera.Model.Tests.Evaluation;

public sealed class ReliabilityTests
{
    // s(1) = 0.7311 twice, right once; s(3) = 0.9526, right.
    [Fact]
    public void By_hand()
    {
        var measured = Reliability.Of([1, -1, 3, double.NaN]);
        Assert.Equal((3, 1), (measured.Pairs, measured.NonFinite));
        Assert.Equal(2 / 3.0, measured.Accuracy!.Value, 12);
        Assert.Equal((Math.Log(1 + Math.Exp(-1)) + Math.Log(1 + Math.Exp(1)) + Math.Log(1 + Math.Exp(-3))) / 3, measured.MeanNll!.Value, 12);
        var (one, three) = (1 / (1 + Math.Exp(-1)), 1 / (1 + Math.Exp(-3)));
        Assert.Equal([(0.7, 2, 0.5), (0.95, 1, 1.0)], measured.Bins.Select(b => (Math.Round(b.From, 12), b.Pairs, b.Accuracy)));
        Assert.Equal([one, three], measured.Bins.Select(b => b.Confidence));
        Assert.Equal((2 * (one - 0.5) + (1 - three)) / 3, measured.CalibrationError!.Value, 12);
    }

    [Fact]
    public void Ties_count_half_and_nothing_measures_nothing()
    {
        Assert.Equal(0.5, Reliability.Of([0.0]).Accuracy);
        Assert.Equal(0, Reliability.Of([0.0]).CalibrationError);
        Assert.Null(Reliability.Of([double.PositiveInfinity]).Accuracy);
    }

    [Fact]
    public void The_order_does_not_matter_and_the_bins_hold_all_pairs() => Gen.Double[-30, 30].Array[1, 60].Sample(margins =>
    {
        var (measured, reversed) = (Reliability.Of(margins), Reliability.Of(margins.Reverse()));
        Assert.Equal((measured.MeanNll, measured.CalibrationError, measured.Accuracy), (reversed.MeanNll, reversed.CalibrationError, reversed.Accuracy));
        Assert.Equal(margins.Length, measured.Bins.Sum(b => b.Pairs));
        Assert.All(measured.Bins, b => Assert.InRange(b.Confidence, b.From - 1e-12, b.To + 1e-12));
    });
}

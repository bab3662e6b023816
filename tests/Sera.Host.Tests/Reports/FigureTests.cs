using CsCheck;
using Sera.Host.Reports;
using Xunit;

namespace Sera.Host.Tests.Reports;

public sealed class FigureTests
{
    [Theory]
    [InlineData(null, "–")]
    [InlineData(double.NaN, "not finite")]
    [InlineData(double.NegativeInfinity, "not finite")]
    [InlineData(0.0, "0")]
    [InlineData(0.61234, "0.612")]
    [InlineData(-1.5, "-1.500")]
    [InlineData(12.345, "12.35")]
    [InlineData(-123.456, "-123.5")]
    [InlineData(12345.6, "12,346")]
    [InlineData(0.00002, "2.00e-5")]
    [InlineData(1234567.0, "1.23e6")]
    public void Numbers_read_the_same_everywhere(double? value, string text) => Assert.Equal(text, Figure.Number(value));

    [Theory]
    [InlineData(0.5, "0.5 s")]
    [InlineData(59.94, "59.9 s")]
    [InlineData(63.0, "1 min 3 s")]
    [InlineData(7384.0, "2 h 3 min")]
    public void Durations_read_as_people_say_them(double seconds, string text) => Assert.Equal(text, Figure.Seconds(seconds));

    [Fact]
    public void Shares_counts_and_digests()
    {
        Assert.Equal(("71.3 %", "–", "–"), (Figure.Percent(0.71250001), Figure.Percent(null), Figure.Percent(double.NaN)));
        Assert.Equal(("1,234,567", "–"), (Figure.Count(1234567), Figure.Count(null)));
        Assert.Equal(("0123456789ab", "short", "–"), (Figure.Digest("0123456789abcdef"), Figure.Digest("short"), Figure.Digest(null)));
    }

    [Fact]
    public void Ticks_are_round_numbers()
    {
        Assert.Equal(["0", "20", "40", "60", "80", "100"], Axis.Covering([0, 100]).Ticks.Select(Axis.Label));
        Assert.Equal(["-0.5", "0", "0.5", "1", "1.5"], Axis.Covering([-0.2, 1.3]).Ticks.Select(Axis.Label));
        Assert.Equal(["0", "1", "2", "3"], Axis.Whole(0, 3).Ticks.Select(Axis.Label));
    }

    [Fact]
    public void An_axis_covers_its_values_with_few_ticks() => Gen.Double[-1e6, 1e6].Array[0, 8].Sample(values =>
    {
        var axis = Axis.Covering([.. values, double.NaN, double.PositiveInfinity]);
        Assert.All(values, v => Assert.InRange(v, axis.Min - 1e-6, axis.Max + 1e-6));
        Assert.InRange(axis.Ticks.Length, 2, 8);
        Assert.True(axis.Max > axis.Min);
    });
}

using System.Globalization;
using CsCheck;
using Sera.Model.Tokenization;
using Xunit;

namespace Sera.Model.Tests.Tokenization;

public sealed class SerdeNumberTests
{
    // The first is read as its neighbour, of which the library's own arithmetic is: 10113302230834961 is above 2^53 and rounds, and so does the quotient.
    [Theory]
    [InlineData("-10.113302230834961", -10.11330223083496)]
    [InlineData("-7.584175109863281", -7.584175109863281)]
    [InlineData("-5", -5.0)]
    [InlineData("0", 0.0)]
    [InlineData("-1.5e-3", -0.0015)]
    [InlineData("2E+2", 200.0)]
    [InlineData("1e400", double.PositiveInfinity)]
    [InlineData("1e-400", 0.0)]
    [InlineData("1e99999999999", double.NaN)]
    [InlineData("123456789012345678901234567890", 123456789012345678901234567890.0)]
    [InlineData("0.123456789012345678901234567890", 0.12345678901234568)]
    public void Numbers_are_those_of_the_library(string text, double value) => Assert.Equal(value, SerdeNumber.Parse(text));

    [Fact]
    public void They_are_within_a_step_or_two_of_the_nearest() => Gen.Float[-20, 0].Sample(score =>
    {
        var text = ((double)score).ToString("R", CultureInfo.InvariantCulture);
        var (exact, read) = ((double)score, SerdeNumber.Parse(text));
        Assert.InRange(read, Math.BitDecrement(Math.BitDecrement(exact)), Math.BitIncrement(Math.BitIncrement(exact)));
    });
}

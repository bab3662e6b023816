using CsCheck;
using Sera.Model.Alignment;
using Xunit;

namespace Sera.Model.Tests.Alignment;

public sealed class PreferenceLossTests
{
    private static readonly Gen<double> Logp = Gen.Double[-300, 0];
    private static readonly Gen<int> Length = Gen.Int[1, 200];

    private static readonly Gen<PairLogps> Pair =
        Gen.Select(Logp, Logp, Logp, Logp, Length, Length, (pw, pl, rw, rl, nw, nl) => new PairLogps(pw, pl, rw, rl, nw, nl));

    private static readonly Gen<LossOptions> Options = Gen.Select(
        Gen.OneOf("dpo", "ipo", "slic-hf", "simpo"), Gen.Double[0.001, 10], Gen.Double[0, 3],
        (name, beta, gamma) => new LossOptions(name, beta, gamma));

    // d = (-10 + 12) - (-20 + 15) = 7, z = 0.7; sigmoid(-0.7) = 0.331812, log(1 + e^-0.7) = 0.403186.
    [Fact]
    public void Dpo_by_hand()
    {
        var value = PreferenceLosses.Evaluate(new LossOptions("dpo", 0.1, 0), new PairLogps(-10, -20, -12, -15, 5, 6));
        Assert.Equal(0.403186, value.Loss, 6);
        Assert.Equal(-0.0331812, value.ByChosen, 7);
        Assert.Equal(0.0331812, value.ByRejected, 7);
    }

    // 2/4 - (-5)/5 - 1/(2*0.5) = 0.5 + 1 - 1 = 0.5; squared 0.25; 2*0.5/4 and -2*0.5/5.
    [Fact]
    public void Ipo_by_hand() => Assert.Equal(
        new LossValue(0.25, 0.25, -0.2),
        PreferenceLosses.Evaluate(new LossOptions("ipo", 0.5, 0), new PairLogps(-10, -20, -12, -15, 4, 5)));

    // 1 - 0.125 * 7 = 0.125 on the slope; 1 - 0.25 * 7 < 0 behind the kink; exactly 1 at the kink has slope 0.
    [Fact]
    public void Slic_hf_by_hand_on_both_sides_of_the_kink()
    {
        var pair = new PairLogps(-10, -20, -12, -15, 4, 5);
        Assert.Equal(new LossValue(0.125, -0.125, 0.125), PreferenceLosses.Evaluate(new LossOptions("slic-hf", 0.125, 0), pair));
        Assert.Equal(new LossValue(0, 0, 0), PreferenceLosses.Evaluate(new LossOptions("slic-hf", 0.25, 0), pair));
        Assert.Equal(
            new LossValue(0, 0, 0), PreferenceLosses.Evaluate(new LossOptions("slic-hf", 0.5, 0), new PairLogps(-1, -3, -1, -1, 4, 5)));
    }

    // 2 * (-10/5 + 20/8) - 0.5 = 0.5; log(1 + e^-0.5) = 0.474077; 2 * sigmoid(-0.5) = 0.755081 over each length.
    [Fact]
    public void Simpo_by_hand_and_without_a_reference()
    {
        var value = PreferenceLosses.Evaluate(new LossOptions("simpo", 2, 0.5), new PairLogps(-10, -20, double.NaN, double.NaN, 5, 8));
        Assert.Equal(0.474077, value.Loss, 6);
        Assert.Equal(-0.755081 / 5, value.ByChosen, 6);
        Assert.Equal(0.755081 / 8, value.ByRejected, 6);
    }

    [Fact]
    public void Every_derivative_agrees_with_a_central_difference() => Gen.Select(Options, Pair).Sample((options, pair) =>
    {
        const double h = 1e-4;
        if (options.Name == "slic-hf" && Math.Abs(1 - Margins.Of(options, pair)) < 2 * h * options.Beta)
        {
            return;
        }
        var value = PreferenceLosses.Evaluate(options, pair);
        double At(double chosen, double rejected) => PreferenceLosses.Evaluate(
            options, pair with { PolicyChosen = pair.PolicyChosen + chosen, PolicyRejected = pair.PolicyRejected + rejected }).Loss;
        AssertNear((At(h, 0) - At(-h, 0)) / (2 * h), value.ByChosen, value.Loss);
        AssertNear((At(0, h) - At(0, -h)) / (2 * h), value.ByRejected, value.Loss);
    });

    [Fact]
    public void The_dpo_loss_falls_as_the_margin_rises() => Gen.Select(Pair, Gen.Double[0.01, 1], Gen.Double[0.01, 30]).Sample((pair, beta, rise) =>
    {
        var options = new LossOptions("dpo", beta, 0);
        var higher = pair with { PolicyChosen = pair.PolicyChosen + rise };
        var (low, high) = (PreferenceLosses.Evaluate(options, pair).Loss, PreferenceLosses.Evaluate(options, higher).Loss);
        Assert.True(Margins.Of(options, higher) > Margins.Of(options, pair));
        Assert.True(high < low || high < 1e-12, $"{high} after {low}");
    });

    [Fact]
    public void Every_loss_is_finite_and_not_negative_at_the_ends() => Gen.Select(Options, Gen.OneOf(-270.0, 270.0)).Sample((options, d) =>
    {
        var value = PreferenceLosses.Evaluate(options, new PairLogps(d / 2, -d / 2, 0, 0, 3, 7));
        Assert.True(value.Loss >= 0 && double.IsFinite(value.Loss));
        Assert.True(double.IsFinite(value.ByChosen) && double.IsFinite(value.ByRejected));
    });

    [Fact]
    public void A_pair_that_is_not_a_number_gives_a_loss_that_is_not_a_number()
    {
        foreach (var loss in PreferenceLosses.All)
        {
            var value = loss.Evaluate(new LossOptions(loss.Name, 0.1, 0), new PairLogps(double.NaN, -1, -1, -1, 1, 1));
            Assert.True(double.IsNaN(value.Loss));
        }
    }

    [Fact]
    public void Only_simpo_does_without_a_reference() => Assert.Equal(
        ["simpo"], PreferenceLosses.All.Where(l => !PreferenceLosses.NeedsReference(new LossOptions(l.Name, 1, 0))).Select(l => l.Name));

    [Fact]
    public void An_unknown_loss_is_refused_with_the_names_there_are()
    {
        var error = Assert.Throws<ArgumentException>(() => PreferenceLosses.Evaluate(new LossOptions("DPO", 0.1, 0), default));
        Assert.Contains("dpo | ipo | slic-hf | simpo", error.Message);
    }

    private static void AssertNear(double expected, double actual, double loss) =>
        Assert.True(Math.Abs(expected - actual) <= 1e-6 + 1e-6 * Math.Abs(expected) + 1e-10 * loss, $"{expected:R} against {actual:R}");
}

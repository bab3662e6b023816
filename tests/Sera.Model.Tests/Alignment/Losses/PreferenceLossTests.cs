using CsCheck;
using Sera.Model.Alignment;
using Sera.Model.Alignment.Losses;
using Xunit;

namespace Sera.Model.Tests.Alignment.Losses;

public sealed class PreferenceLossTests
{
    private static readonly Gen<double> Logp = Gen.Double[-300, 0];
    private static readonly Gen<int> Length = Gen.Int[1, 200];

    private static readonly Gen<PairLogps> Pair =
        Gen.Select(Logp, Logp, Logp, Logp, Length, Length, (pw, pl, rw, rl, nw, nl) => new PairLogps(pw, pl, rw, rl, nw, nl));

    private static readonly Gen<LossOptions> Options = Gen.Select(
        Gen.Int[0, PreferenceLosses.All.Length - 1], Gen.Double[0.001, 10], Gen.Double[0, 3],
        (i, beta, gamma) => new LossOptions(PreferenceLosses.All[i].Name, beta, gamma));

    private static readonly PairColumns Columns = new(0.7, 0.8, 0.3, 0.2, WinRate: 0.9);

    /// <summary>The loss that may be negative: flipped labels are weighted back.</summary>
    private const string Unbounded = "robust";

    // d = (-10 + 12) - (-20 + 15) = 7, z = 0.7; sigmoid(-0.7) = 0.331812, log(1 + e^-0.7) = 0.403186.
    [Fact]
    public void Dpo_by_hand()
    {
        var value = Evaluate(new LossOptions("dpo", 0.1, 0), new PairLogps(-10, -20, -12, -15, 5, 6));
        Assert.Equal(0.403186, value.Loss, 6);
        Assert.Equal(-0.0331812, value.ByChosen, 7);
        Assert.Equal(0.0331812, value.ByRejected, 7);
    }

    // 2/4 - (-5)/5 - 1/(2*0.5) = 0.5 + 1 - 1 = 0.5; squared 0.25; 2*0.5/4 and -2*0.5/5.
    [Fact]
    public void Ipo_by_hand() => Assert.Equal(
        new LossValue(0.25, 0.25, -0.2),
        Evaluate(new LossOptions("ipo", 0.5, 0), new PairLogps(-10, -20, -12, -15, 4, 5)));

    // 1 - 0.125 * 7 = 0.125 on the slope; 1 - 0.25 * 7 < 0 behind the kink; exactly 1 at the kink has slope 0.
    [Fact]
    public void Slic_hf_by_hand_on_both_sides_of_the_kink()
    {
        var pair = new PairLogps(-10, -20, -12, -15, 4, 5);
        Assert.Equal(new LossValue(0.125, -0.125, 0.125), Evaluate(new LossOptions("slic-hf", 0.125, 0), pair));
        Assert.Equal(new LossValue(0, 0, 0), Evaluate(new LossOptions("slic-hf", 0.25, 0), pair));
        Assert.Equal(
            new LossValue(0, 0, 0), Evaluate(new LossOptions("slic-hf", 0.5, 0), new PairLogps(-1, -3, -1, -1, 4, 5)));
    }

    // 2 * (-10/5 + 20/8) - 0.5 = 0.5; log(1 + e^-0.5) = 0.474077; 2 * sigmoid(-0.5) = 0.755081 over each length.
    [Fact]
    public void Simpo_by_hand_and_without_a_reference()
    {
        var value = Evaluate(new LossOptions("simpo", 2, 0.5), new PairLogps(-10, -20, double.NaN, double.NaN, 5, 8));
        Assert.Equal(0.474077, value.Loss, 6);
        Assert.Equal(-0.755081 / 5, value.ByChosen, 6);
        Assert.Equal(0.755081 / 8, value.ByRejected, 6);
    }

    // DPO's 0.403186 by hand above; selm adds 0.5 * 0.1 * (-9 + 10) = 0.05, xpo 0.5 * -9 = -4.5. What neither pair nor policy explores adds nothing.
    [Fact]
    public void Selm_and_xpo_by_hand()
    {
        var pair = new PairLogps(-10, -20, -12, -15, 5, 6, -9, -10);
        var selm = Evaluate(new LossOptions("selm", 0.1, 0).With(LossParameter.Coefficient, 0.5), pair);
        Assert.Equal((0.453186, -0.033181, 0.033181, 0.05), Rounded(selm));
        var xpo = Evaluate(new LossOptions("xpo", 0.1, 0).With(LossParameter.Coefficient, 0.5), pair);
        Assert.Equal((-4.096814, -0.033181, 0.033181, 0.5), Rounded(xpo));
        var both = Evaluate(new LossOptions("0.5 selm + 0.5 dpo", 0.1, 0).With(LossParameter.Coefficient, 0.5), pair);
        Assert.Equal((0.428186, -0.033181, 0.033181, 0.025), Rounded(both));

        static (double, double, double, double) Rounded(LossValue v) =>
            (Math.Round(v.Loss, 6), Math.Round(v.ByChosen, 6), Math.Round(v.ByRejected, 6), Math.Round(v.ByExplored, 6));
    }

    [Fact]
    public void The_dpo_loss_falls_as_the_margin_rises() => Gen.Select(Pair, Gen.Double[0.01, 1], Gen.Double[0.01, 30]).Sample((pair, beta, rise) =>
    {
        var options = new LossOptions("dpo", beta, 0);
        var higher = pair with { PolicyChosen = pair.PolicyChosen + rise };
        var (low, high) = (Evaluate(options, pair).Loss, Evaluate(options, higher).Loss);
        Assert.True(Margins.Of(options, higher) > Margins.Of(options, pair));
        Assert.True(high < low || high < 1e-12, $"{high} after {low}");
    });

    [Fact]
    public void Every_loss_is_finite_at_the_ends() => Gen.Select(Options, Gen.OneOf(-270.0, 270.0)).Sample((options, d) =>
    {
        // Lengths that make means of -135 to -45, and a policy that is as sure as can be of one side.
        var value = Evaluate(options, new PairLogps(Math.Min(0, d), Math.Min(0, -d), 0, 0, 3, 7), Columns);
        Assert.True(double.IsFinite(value.Loss), options.Name);
        Assert.True(double.IsFinite((float)value.ByChosen) && double.IsFinite((float)value.ByRejected), options.Name);
        Assert.True(value.Loss >= -1e-9 || options.Name == Unbounded, $"{options.Name}: {value.Loss}");
    });

    [Fact]
    public void A_pair_that_is_not_a_number_gives_a_loss_that_is_not_a_number()
    {
        foreach (var loss in PreferenceLosses.All)
        {
            var value = Evaluate(new LossOptions(loss.Name, 0.1, 0), new PairLogps(double.NaN, -1, -1, -1, 1, 1), Columns);
            Assert.True(double.IsNaN(value.Loss), loss.Name);
        }
    }

    [Fact]
    public void Those_that_do_without_a_reference_never_read_it() => Pair.Sample(pair =>
    {
        foreach (var loss in PreferenceLosses.All)
        {
            var options = new LossOptions(loss.Name, 0.1, 0.5);
            var blind = pair with { ReferenceChosen = double.NaN, ReferenceRejected = double.NaN };
            Assert.Equal(!loss.NeedsReference, double.IsFinite(Evaluate(options, blind, Columns).Loss));
            Assert.Equal(!loss.NeedsReference, double.IsFinite(loss.Reward(options, pair.PolicyChosen, double.NaN, pair.ChosenLength)));
        }
    });

    /// <summary>What each is where its own term does nothing.</summary>
    [Theory]
    [InlineData("cdpo", "label-smoothing", 0)]
    [InlineData("robust", "label-smoothing", 0)]
    [InlineData("h-dpo", "alpha", 1)]
    [InlineData("odpo", "offset", 0)]
    [InlineData("rpo", "sft-weight", 0)]
    [InlineData("up-lcb", "uncertainty", 0)]
    [InlineData("spa", "threshold", -1e9)]
    [InlineData("up-mult", null, 0)]
    [InlineData("cream", null, 0)]
    [InlineData("aot", null, 0)]
    [InlineData("aot-unpaired", null, 0)]
    [InlineData("selm", null, 0)]
    [InlineData("xpo", null, 0)]
    [InlineData("dpo + 0 sft", null, 0)]
    [InlineData("0.25 dpo + 0.75 dpo", null, 0)]
    public void Without_its_own_term_it_is_dpo(string name, string? key, double value) => Gen.Select(Pair, Gen.Double[0.01, 2]).Sample((pair, beta) =>
    {
        var options = new LossOptions(name, beta, 0.5);
        if (key is not null) options = options.With(LossParameter.All.Single(p => p.Key == key), value);
        var (found, dpo) = (Evaluate(options, pair), Evaluate(new LossOptions("dpo", beta, 0.5), pair));
        AssertNear(dpo.Loss, found.Loss, dpo.Loss);
        AssertNear(dpo.ByChosen, found.ByChosen, dpo.Loss);
        AssertNear(dpo.ByRejected, found.ByRejected, dpo.Loss);
    });

    // The prior bound of two responses of one length is 20 / 1.001 - 15 = 4.98; the loss is least at half of it.
    [Fact]
    public void Pc_dpo_draws_the_margin_to_half_of_its_bound()
    {
        var options = new LossOptions("pc-dpo", 1, 0);
        var alike = new PairColumns(Similarity: 1);
        var at = Evaluate(options, new PairLogps(4.98002 / 2, 0, 0, 0, 4, 4), alike);
        Assert.Equal(0, at.ByChosen, 5);
        Assert.True(Evaluate(options, new PairLogps(3, 0, 0, 0, 4, 4), alike).ByChosen > 0);
        Assert.True(Evaluate(options, new PairLogps(2, 0, 0, 0, 4, 4), alike).ByChosen < 0);
        var error = Assert.Throws<ArgumentException>(() => Evaluate(options, new PairLogps(2, 0, 0, 0, 4, 4)));
        Assert.Contains("similarity", error.Message, StringComparison.Ordinal);
    }

    // The logit of 0.8 is log 4 = 1.386294; z = 0.1 * 7 = 0.7; (0.7 - 1.386294)^2 = 0.471, slope 0.2 * -0.686294.
    [Fact]
    public void Irepo_by_hand_and_the_win_rate_of_the_pair_before_that_of_the_run()
    {
        var (options, pair) = (new LossOptions("irepo", 0.1, 0), new PairLogps(-10, -20, -12, -15, 5, 6));
        foreach (var value in new[] { Evaluate(options, pair, new PairColumns(WinRate: 0.8)), Evaluate(options.With(LossParameter.WinRate, 0.8), pair) })
        {
            Assert.Equal(0.471, value.Loss, 6);
            Assert.Equal(-0.137259, value.ByChosen, 6);
            Assert.Equal(0.137259, value.ByRejected, 6);
        }
        Assert.Equal(0.471, Evaluate(options.With(LossParameter.WinRate, 0.3), pair, new PairColumns(WinRate: 0.8)).Loss, 6);
        Assert.Contains("win rate", Assert.Throws<ArgumentException>(() => Evaluate(options, pair)).Message, StringComparison.Ordinal);
    }

    // Two pairs, beta 1: a_w = 2, -1 of mean 0.5; a_l = -3, 1 of mean -1, so KL_w = 0.5 and KL_l = 0.
    // First: (1 - s(2) + 1 - s(0.5 + 3)) / 2 = (0.119203 + 0.029312) / 2; second: (1 - s(-1) + 1 - s(0.5 - 1)) / 2 = (0.731059 + 0.622459) / 2.
    [Fact]
    public void Kto_measures_each_side_against_the_mean_of_the_other_one_of_its_step()
    {
        var (kto, options) = (PreferenceLosses.Get("kto"), new LossOptions("kto", 1, 0));
        PairLogps[] step = [new(-8, -13, -10, -10, 4, 4), new(-11, -9, -10, -10, 4, 4)];
        var values = kto.Arrange(step).Select(a => (a.Chosen, a.Rejected, Value: kto.Evaluate(options, a.Pair, PairColumns.None, new StepTotals(2, 8)))).ToArray();
        Assert.Equal([(0, 0), (1, 1)], values.Select(v => (v.Chosen, v.Rejected)));
        Assert.Equal(0.0742575, values[0].Value.Loss, 6);
        Assert.Equal(0.676759, values[1].Value.Loss, 6);
        // -s(2) s(-2) / 2 and s(-3.5) s(3.5) / 2: the KL is not derived by.
        Assert.Equal(-0.0524968, values[0].Value.ByChosen, 6);
        Assert.Equal(0.0142266, values[0].Value.ByRejected, 6);
    }

    [Fact]
    public void Kto_of_a_step_does_not_depend_on_the_order_of_its_pairs() => Gen.Select(Pair.Array[1, 6], Gen.Double[0.01, 1]).Sample((step, beta) =>
    {
        var (kto, options) = (PreferenceLosses.Get("kto"), new LossOptions("kto", beta, 0));
        double Mean(IReadOnlyList<PairLogps> pairs) => kto.Arrange(pairs).Average(a => kto.Evaluate(options, a.Pair, PairColumns.None, new StepTotals(step.Length, 1)).Loss);
        Assert.Equal(Mean(step), Mean([.. step.Reverse()]), 9);
    });

    [Fact]
    public void Robust_is_dpo_in_the_mean_over_flipped_labels() => Gen.Select(Pair, Gen.Double[0.01, 2], Gen.Double[0, 0.45]).Sample((pair, beta, e) =>
    {
        var robust = new LossOptions("robust", beta, 0).With(LossParameter.Smoothing, e);
        var flipped = new PairLogps(pair.PolicyRejected, pair.PolicyChosen, pair.ReferenceRejected, pair.ReferenceChosen, pair.RejectedLength, pair.ChosenLength);
        var mean = (1 - e) * Evaluate(robust, pair).Loss + e * Evaluate(robust, flipped).Loss;
        AssertNear(Evaluate(new LossOptions("dpo", beta, 0), pair).Loss, mean, 1);
    });

    [Theory]
    [InlineData("")]
    [InlineData("DPO")]
    [InlineData("dpo +")]
    [InlineData("x dpo")]
    [InlineData("0.5 0.5 dpo")]
    [InlineData("dpo + aot")]
    [InlineData("dpo + kto")]
    [InlineData("selm + xpo")]
    public void What_is_no_loss_is_none(string name) => Assert.Null(PreferenceLosses.Find(name));

    [Fact]
    public void An_unknown_loss_is_refused_with_the_names_there_are()
    {
        var error = Assert.Throws<ArgumentException>(() => Evaluate(new LossOptions("DPO", 0.1, 0), default));
        Assert.Contains("dpo | ipo | slic-hf | simpo | cdpo", error.Message);
    }

    /// <summary>Of a pair that is a step by itself.</summary>
    private static LossValue Evaluate(LossOptions options, in PairLogps pair, PairColumns? columns = null) =>
        PreferenceLosses.Get(options.Name).Evaluate(options, pair, columns ?? PairColumns.None, new StepTotals(1, pair.ChosenLength));

    private static void AssertNear(double expected, double actual, double loss) =>
        Assert.True(Math.Abs(expected - actual) <= 1e-6 + 1e-6 * Math.Abs(expected) + 1e-10 * loss, $"{expected:R} against {actual:R}");
}

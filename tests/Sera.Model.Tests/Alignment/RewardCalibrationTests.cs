using CsCheck;
using Sera.Model.Alignment;
using Xunit;

namespace Sera.Model.Tests.Alignment;

public sealed class RewardCalibrationTests
{
    private static readonly BootstrapOptions Plain = new(1, 4, KeepTruncated: false);
    private static readonly BootstrapOptions Dice = Plain with { Calibration = new CalibrationOptions("dice", 0.5, 1) };
    private static readonly BootstrapOptions Smoothed = Plain with { Calibration = new CalibrationOptions("lowess", 0.5, 1) };

    private static readonly Gen<BootstrapResponse> AnyResponse = Gen.Select(
        Gen.Int[0, 40], Gen.Int[0, 4], Gen.Int[0, 6], Gen.Double[-3, 3],
        (n, cut, broken, reward) => new BootstrapResponse(Text(n), cut == 0, broken == 0 ? double.NaN : reward));

    private static readonly Gen<BootstrapPrompt[]> AnyPrompts =
        AnyResponse.Array[2, 5].Array[0, 12].Select(ps => ps.Select((p, i) => new BootstrapPrompt($"p{i}", $"x{i}", [.. p])).ToArray());

    private static readonly Gen<BootstrapOptions> AnyOptions = Gen.Select(
        Gen.OneOf("dice", "lowess"), Gen.Double[0.05, 1], Gen.Double[0, 1], Gen.Bool,
        (name, fraction, weight, cut) => new BootstrapOptions(1, 4, cut, Calibration: new CalibrationOptions(name, fraction, weight)));

    [SharedFact]
    public void Dice_finds_the_published_a_and_pairs()
    {
        var vector = Assert.Single(UtilityVectors.Named("dice_length_alpha"));
        var (inputs, expected) = (vector.GetProperty("inputs"), vector.GetProperty("expected"));
        var prompts = inputs.GetProperty("scores").EnumerateObject().Select(scores => Prompt(
            scores.Name, [.. UtilityVectors.Numbers(scores.Value).Zip(UtilityVectors.Numbers(inputs.GetProperty("char_lengths").GetProperty(scores.Name)))])).ToArray();
        var (calibrated, report) = RewardCalibration.Apply(prompts, Dice, beta: 1);
        Assert.Equal(expected.GetProperty("alpha").GetDouble(), report!.Parameter, 2e-6);
        Assert.Equal(expected.GetProperty("mean_len_diff").GetDouble(), report.LengthGapAfter, 2e-6);
        Assert.Equal(
            expected.GetProperty("pairs_chosen_rejected").EnumerateArray().Select(e => (e[0].GetString()!, e[1].GetInt32(), e[2].GetInt32())),
            PreferenceBootstrap.Pairs(calibrated, Dice).Verdicts.Select(v => (v.Id, v.Chosen, v.Rejected)));
    }

    /// <summary>30 characters and 0.0625 nats more: from a = 0.003 on the short answer of p is best; the pair of q says whether that is a smaller gap.</summary>
    [Fact]
    public void Dice_stops_where_the_gap_is_smallest_and_takes_beta_a_a_character()
    {
        BootstrapPrompt[] prompts = [Prompt("p", (0.0625, 40), (0, 10)), Prompt("q", (5, 10), (0, 20))];
        var (calibrated, report) = RewardCalibration.Apply(prompts, Dice, beta: 1);
        // a = 0: (30 - 10) / 2 = 10; from 0.003 on: (-30 - 10) / 2 = -20.
        Assert.Equal(new CalibrationReport("dice", 0, 4, 10, 10), report);
        Assert.Equal(prompts.SelectMany(p => p.Responses), calibrated.SelectMany(p => p.Responses));

        prompts = [Prompt("p", (0.00625, 40), (0, 10)), Prompt("q", (5, 10), (0, 2))];
        (calibrated, report) = RewardCalibration.Apply(prompts, Dice, beta: 0.1);
        // a = 0: (30 + 8) / 2 = 19; from 0.003 on: (-30 + 8) / 2 = -11.
        Assert.Equal(new CalibrationReport("dice", 0.003, 4, 19, -11), report);
        Assert.Equal([-0.00575, -0.003, 4.997, -0.0006], calibrated.SelectMany(p => p.Responses).Select(r => Math.Round(r.Reward, 12)));
    }

    [Fact]
    public void Lowess_leaves_what_the_length_does_not_explain()
    {
        // Reward 0.01 a character, and half a point for the second answer, which is no longer than the third.
        var prompts = Enumerable.Range(0, 20).Select(i => (Long: 100 + i, Good: 30 + i, Bad: 30 + (i + 7) % 20))
            .Select(n => Prompt($"p{n.Long}", (0.01 * n.Long, n.Long), (0.5 + 0.01 * n.Good, n.Good), (0.01 * n.Bad, n.Bad))).ToArray();
        var (calibrated, report) = RewardCalibration.Apply(prompts, Smoothed, beta: 0.1);
        Assert.All(PreferenceBootstrap.Pairs(prompts, Plain).Verdicts, v => Assert.Equal((0, 2), (v.Chosen, v.Rejected)));
        Assert.All(PreferenceBootstrap.Pairs(calibrated, Plain).Verdicts, v => Assert.Equal((1, 2), (v.Chosen, v.Rejected)));
        Assert.Equal(new CalibrationReport("lowess", 0.5, 60, 70, 0), report);

        var (half, _) = RewardCalibration.Apply(prompts, Smoothed with { Calibration = Smoothed.Calibration! with { Weight = 0.5 } }, beta: 0.1);
        Assert.Equal(
            prompts.Zip(calibrated, (before, after) => (before.Responses[0].Reward + after.Responses[0].Reward) / 2),
            half.Select(p => p.Responses[0].Reward), (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(0.9)]
    public void Lowess_is_fitted_to_all_responses_with_the_fraction_of_the_options(double fraction)
    {
        BootstrapPrompt[] prompts = [Prompt("p", (1, 1), (5, 2), (2, 4), (0, 8)), Prompt("q", (3, 3), (1, 9), (4, 5), (2, 7), (2.5, 6), (0.5, 10))];
        var responses = prompts.SelectMany(p => p.Responses).ToArray();
        var curve = Lowess.Smooth([.. responses.Select(r => (double)r.Text.Length)], [.. responses.Select(r => r.Reward)], fraction).ToDictionary();
        var (calibrated, report) = RewardCalibration.Apply(prompts, Plain with { Calibration = new CalibrationOptions("lowess", fraction, 1) }, beta: 1);
        Assert.Equal(responses.Select(r => r.Reward - curve[r.Text.Length]), calibrated.SelectMany(p => p.Responses).Select(r => r.Reward));
        Assert.Equal(fraction, report!.Parameter);
    }

    [Fact]
    public void Of_equal_rewards_the_first_counts_for_the_gap_as_it_does_for_the_pair()
    {
        var prompt = Prompt("p", (1, 10), (1, 30), (0, 4), (0, 9));
        Assert.Equal((0, 2), PreferenceBootstrap.Pairs([prompt], Plain).Verdicts.Select(v => (v.Chosen, v.Rejected)).Single());
        Assert.Equal(10 - 4, RewardCalibration.Apply([prompt], Dice, beta: 1).Report!.LengthGapBefore);
    }

    [Fact]
    public void Characters_are_code_points()
    {
        var faces = new BootstrapPrompt("p", "x", [new("😀😀😀", false, 0), new("abc", false, 1)]);
        var (calibrated, report) = RewardCalibration.Apply([faces], Smoothed, beta: 1);
        Assert.Equal(0, report!.LengthGapBefore);
        Assert.Equal([-0.5, 0.5], calibrated[0].Responses.Select(r => r.Reward));
    }

    [Fact]
    public void Without_a_calibration_the_rewards_are_as_they_were_and_a_strange_one_is_refused()
    {
        BootstrapPrompt[] prompts = [Prompt("p", (1, 10), (0, 20))];
        var (same, report) = RewardCalibration.Apply(prompts, Plain, 1);
        Assert.Same(prompts, same);
        Assert.Null(report);
        Assert.Throws<ArgumentException>(() => RewardCalibration.Apply(prompts, Plain with { Calibration = new CalibrationOptions("none", 0.5, 1) }, 1));
        Assert.Equal("none | dice | lowess", RewardCalibrations.Names);
    }

    [Fact]
    public void No_fit_response_is_no_gap()
    {
        var (calibrated, report) = RewardCalibration.Apply([Prompt("p", (double.NaN, 10), (0, 20))], Smoothed, 1);
        Assert.Equal(new CalibrationReport("lowess", 0.5, 1, 0, 0), report);
        Assert.Equal([double.NaN, 0], calibrated[0].Responses.Select(r => r.Reward));
    }

    [Fact]
    public void What_may_not_enter_a_pair_enters_no_fit_and_stays_as_it_is() => Gen.Select(AnyPrompts, AnyOptions).Sample((prompts, options) =>
    {
        bool Fit(BootstrapResponse r) => double.IsFinite(r.Reward) && r.Text.Trim().Length > 0 && (options.KeepTruncated || !r.Truncated);
        var (calibrated, report) = RewardCalibration.Apply(prompts, options, 0.1);
        var (alone, same) = RewardCalibration.Apply([.. prompts.Select(p => p with { Responses = [.. p.Responses.Where(Fit)] })], options, 0.1);
        Assert.Equal(same, report);
        Assert.Equal(alone.SelectMany(p => p.Responses), calibrated.SelectMany(p => p.Responses).Where(Fit));
        Assert.Equal(prompts.SelectMany(p => p.Responses).Where(r => !Fit(r)), calibrated.SelectMany(p => p.Responses).Where(r => !Fit(r)));
    });

    [Fact]
    public void The_order_of_the_prompts_does_not_matter_to_the_last_bit() => Gen.Select(AnyPrompts, AnyOptions, Gen.ULong).Sample((prompts, options, seed) =>
    {
        var permuted = (BootstrapPrompt[])prompts.Clone();
        new SeededRandom(seed).Shuffle<BootstrapPrompt>(permuted);
        var (one, other) = (RewardCalibration.Apply(prompts, options, 0.1), RewardCalibration.Apply(permuted, options, 0.1));
        Assert.Equal(one.Report, other.Report);
        Assert.Equal(
            one.Prompts.OrderBy(p => p.Id, StringComparer.Ordinal).SelectMany(p => p.Responses),
            other.Prompts.OrderBy(p => p.Id, StringComparer.Ordinal).SelectMany(p => p.Responses));
    });

    [Fact]
    public void Dice_never_makes_the_gap_larger_and_follows_beta() => AnyPrompts.Sample(prompts =>
    {
        var (calibrated, report) = RewardCalibration.Apply(prompts, Dice, 0.125);
        Assert.True(Math.Abs(report!.LengthGapAfter) <= Math.Abs(report.LengthGapBefore));
        BootstrapPrompt[] larger = [.. prompts.Select(p => p with { Responses = [.. p.Responses.Select(r => r with { Reward = 4 * r.Reward })] })];
        var (scaled, same) = RewardCalibration.Apply(larger, Dice, 0.5);
        Assert.Equal(report, same);
        Assert.Equal(calibrated.SelectMany(p => p.Responses).Select(r => 4 * r.Reward), scaled.SelectMany(p => p.Responses).Select(r => r.Reward));
    });

    private static string Text(int characters) => new('a', characters);

    private static BootstrapPrompt Prompt(string id, params (double Reward, double Characters)[] responses) =>
        new(id, id, [.. responses.Select(r => new BootstrapResponse(Text((int)r.Characters), false, r.Reward))]);
}

using CsCheck;
using Sera.Model.Alignment;
using Xunit;

namespace Sera.Model.Tests.Alignment;

public sealed class PairRuleTests
{
    private static readonly BootstrapOptions All = new(1, 4, KeepTruncated: false);

    private static readonly Gen<BootstrapResponse> AnyResponse = Gen.Select(
        Gen.OneOf("a", "b", "c", "d", " "), Gen.Bool, Gen.OneOf(-1.0, 0, 0.5, 2, double.NaN), (t, cut, r) => new BootstrapResponse(t, cut, r));

    private static readonly Gen<BootstrapPrompt[]> AnyPrompts = Gen.Select(Gen.OneOf("x", "y"), AnyResponse.Array[2, 6]).Array[0, 15]
        .Select(ps => ps.Select((p, i) => new BootstrapPrompt($"p{i}", p.Item1, [.. p.Item2])).ToArray());

    private static readonly Gen<string> AnyRule = Gen.OneOf(PairRules.All.Select(r => r.Name).ToArray());

    [Theory]
    [InlineData("best-worst", 2, 5)]
    [InlineData("best-second", 3, 1)]
    public void Whom_the_best_stands_against_by_hand(string rule, int rejected, double margin) => Assert.Equal(
        new BootstrapVerdict("p", 1, rejected, margin, null),
        Only(Prompt("p", ("a", 1), ("b", 3), ("c", -2), ("d", 2), ("e", 2)), rule));

    [Fact]
    public void A_random_rejected_response_is_any_other_that_is_fit_each_as_often()
    {
        var prompt = new BootstrapPrompt("p", "x", [new("a", false, 1), new("b", false, 3), new("cut", true, 0), new("c", false, 2), new("", false, 0)]);
        var drawn = Enumerable.Range(0, 3000).Select(seed => Only(prompt, "best-random", (ulong)seed)).ToArray();
        Assert.All(drawn, v => Assert.Equal((1, 3 - prompt.Responses[v.Rejected].Reward), (v.Chosen, v.Margin)));
        var counts = drawn.CountBy(v => v.Rejected).ToDictionary();
        Assert.Equal([0, 3], counts.Keys.Order());
        Assert.All(counts.Values, c => Assert.InRange(c, 1380, 1620)); // 1500, standard deviation 27
    }

    [Fact]
    public void Prompts_draw_apart_from_each_other_and_anew_under_another_seed()
    {
        var prompts = Enumerable.Range(0, 40).Select(i => Prompt($"p{i}", ("a", 1), ("b", 3), ("c", -2), ("d", 2))).ToArray();
        var (one, other) = (Rejected(prompts, 1), Rejected(prompts, 2));
        Assert.Equal(3, one.Distinct().Count());
        Assert.NotEqual(one, other);
        Assert.Equal(one, Rejected(prompts, 1));

        static int[] Rejected(BootstrapPrompt[] prompts, ulong seed) =>
            [.. PreferenceBootstrap.Pairs(prompts, All with { PairRule = "best-random" }, seed).Verdicts.Select(v => v.Rejected)];
    }

    [Fact]
    public void A_second_is_no_farther_than_a_random_one_and_that_no_farther_than_the_worst() => Gen.Select(AnyPrompts, Gen.ULong).Sample((prompts, seed) =>
    {
        var (second, random, worst) = (Verdicts("best-second"), Verdicts("best-random"), Verdicts("best-worst"));
        for (var i = 0; i < prompts.Length; i++)
        {
            Assert.Equal(worst[i].Chosen, second[i].Chosen);
            Assert.Equal(worst[i].Chosen, random[i].Chosen);
            if (worst[i].Chosen < 0) continue;
            Assert.True(second[i].Margin <= random[i].Margin && random[i].Margin <= worst[i].Margin);
        }

        BootstrapVerdict[] Verdicts(string rule) => [.. PreferenceBootstrap.Pairs(prompts, All with { PairRule = rule }, seed).Verdicts];
    });

    [Fact]
    public void Under_every_rule_a_kept_pair_is_sound_and_every_prompt_counts_once() =>
        Gen.Select(AnyPrompts, AnyRule, Gen.ULong, Gen.Int[0, 20]).Sample((prompts, rule, seed, pairs) =>
        {
            var result = PreferenceBootstrap.Pairs(prompts, All with { PairRule = rule, KeepPairs = pairs }, seed);
            Assert.Equal(prompts.Length, result.Selected.Length + result.Filtered.Values.Sum());
            Assert.True(pairs == 0 || result.Selected.Length <= pairs);
            foreach (var i in result.Selected)
            {
                var (chosen, rejected) = (prompts[i].Responses[result.Verdicts[i].Chosen], prompts[i].Responses[result.Verdicts[i].Rejected]);
                Assert.True(chosen.Reward > rejected.Reward && chosen.Text != rejected.Text && !chosen.Truncated && !rejected.Truncated);
            }
        });

    [Fact]
    public void The_order_of_the_prompts_matters_to_no_rule() => Gen.Select(AnyPrompts, AnyRule, Gen.ULong).Sample((prompts, rule, seed) =>
    {
        var permuted = (BootstrapPrompt[])prompts.Clone();
        new SeededRandom(seed).Shuffle<BootstrapPrompt>(permuted);
        var options = new BootstrapOptions(0.5, 4, false, PairRule: rule);
        var (one, other) = (PreferenceBootstrap.Pairs(prompts, options, seed), PreferenceBootstrap.Pairs(permuted, options, seed));
        Assert.Equal(one.Selected.Select(i => prompts[i].Id), other.Selected.Select(i => permuted[i].Id));
        Assert.Equal(one.Verdicts.ToDictionary(v => v.Id), other.Verdicts.ToDictionary(v => v.Id));
    });

    [Fact]
    public void The_filters_judge_the_pair_that_the_rule_makes()
    {
        var twice = Prompt("p", ("a", 2), ("b", 0), ("a", 2));
        Assert.Equal((0, 2, BootstrapFilters.Identical), Told(Only(twice, "best-second")));
        Assert.Equal((0, 1, null), Told(Only(twice, "best-worst")));
        Assert.Equal((0, 1, BootstrapFilters.MarginNotPositive), Told(Only(Prompt("p", ("a", 2), ("b", 2), ("c", 0)), "best-second")));

        static (int, int, string?) Told(BootstrapVerdict verdict) => (verdict.Chosen, verdict.Rejected, verdict.Filter);
    }

    [Theory]
    [InlineData(1, "p2")]
    [InlineData(2, "p2 p3")]
    [InlineData(9, "p2 p3 p1")]
    public void A_count_of_prompts_takes_the_place_of_their_share(int pairs, string kept)
    {
        BootstrapPrompt[] prompts = [Prompt("p1", ("a", 1), ("b", 0)), Prompt("p2", ("c", 5), ("d", 0)), Prompt("p3", ("e", 3), ("f", 0))];
        var result = PreferenceBootstrap.Pairs(prompts, All with { Keep = 0, KeepPairs = pairs });
        Assert.Equal(kept, string.Join(' ', result.Selected.Select(i => prompts[i].Id)));
        Assert.Equal(3 - result.Selected.Length, result.Filtered.GetValueOrDefault(BootstrapFilters.BelowK));
    }

    [Fact]
    public void A_rule_has_a_name_of_its_own_and_an_unknown_one_is_refused()
    {
        Assert.Equal(PairRules.All.Length, PairRules.All.Select(r => r.Name).Distinct().Count());
        Assert.Equal("best-worst", PairRules.Of(All).Name);
        Assert.Throws<ArgumentException>(() => PairRules.Of(All with { PairRule = "worst-best" }));
    }

    private static BootstrapVerdict Only(BootstrapPrompt prompt, string rule, ulong seed = 0) =>
        PreferenceBootstrap.Pairs([prompt], All with { PairRule = rule }, seed).Verdicts[0];

    private static BootstrapPrompt Prompt(string id, params (string Text, double Reward)[] responses) =>
        new(id, "x", [.. responses.Select(r => new BootstrapResponse(r.Text, false, r.Reward))]);
}

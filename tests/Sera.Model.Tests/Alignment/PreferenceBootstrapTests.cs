using CsCheck;
using Sera.Model.Alignment;
using Xunit;

namespace Sera.Model.Tests.Alignment;

public sealed class PreferenceBootstrapTests
{
    private static readonly BootstrapOptions All = new(1, 4, KeepTruncated: false);

    private static readonly Gen<BootstrapResponse> AnyResponse = Gen.Select(
        Gen.OneOf("a", "b", "c", " ", ""), Gen.Bool, Gen.OneOf(-1.0, 0, 0.5, 2, double.NaN), (t, cut, r) => new BootstrapResponse(t, cut, r));

    private static readonly Gen<BootstrapPrompt[]> AnyPrompts = Gen.Select(Gen.OneOf("x", "y"), AnyResponse.Array[2, 4]).Array[0, 15]
        .Select(ps => ps.Select((p, i) => new BootstrapPrompt($"p{i}", p.Item1, [.. p.Item2])).ToArray());

    [Fact]
    public void The_best_response_stands_against_the_worst_and_ties_go_to_the_first()
    {
        var verdict = Only(Prompt("p", ("a", 1), ("b", 3), ("c", -2), ("d", 3), ("e", -2)));
        Assert.Equal(new BootstrapVerdict("p", 1, 2, 5, null), verdict);
    }

    [Fact]
    public void An_empty_response_leaves_before_the_pair_is_formed()
    {
        Assert.Equal(new BootstrapVerdict("p", 0, 2, 1, null), Only(Prompt("p", ("a", 1), (" \n", 9), ("c", 0))));
        Assert.Equal(BootstrapFilters.Empty, Only(Prompt("p", ("a", 1), ("", 9))).Filter);
    }

    [Fact]
    public void A_truncated_response_leaves_unless_it_may_stay()
    {
        var prompt = new BootstrapPrompt("p", "x", [new("a", true, 5), new("b", false, 1), new("c", false, 0)]);
        Assert.Equal(new BootstrapVerdict("p", 1, 2, 1, null), Only(prompt));
        Assert.Equal(new BootstrapVerdict("p", 0, 2, 5, null), PreferenceBootstrap.Pairs([prompt], All with { KeepTruncated = true }).Verdicts[0]);
        Assert.Equal(BootstrapFilters.Truncated, Only(prompt with { Responses = [new("a", true, 5), new("b", false, 1)] }).Filter);
    }

    [Fact]
    public void A_reward_that_is_not_finite_leaves_first()
    {
        Assert.Equal(new BootstrapVerdict("p", 0, 2, 1, null), Only(Prompt("p", ("a", 1), ("b", double.PositiveInfinity), ("c", 0))));
        Assert.Equal(BootstrapFilters.NonFinite, Only(Prompt("p", ("a", 1), ("", double.NaN))).Filter);
    }

    /// <summary>The original stays chosen however the policy likes it, so that what it likes less is left out and not turned round.</summary>
    [Fact]
    public void A_resampled_segment_stands_against_its_original_in_this_order()
    {
        var segments = All with { Segments = new SegmentOptions(8) };
        Assert.Equal(new BootstrapVerdict("p", 0, 1, 2, null), Under(Prompt("p", ("original", 3), ("resampled", 1))));
        Assert.Equal(new BootstrapVerdict("p", 0, 1, -2, BootstrapFilters.MarginNotPositive), Under(Prompt("p", ("original", 1), ("resampled", 3))));
        Assert.Equal(BootstrapFilters.Identical, Under(Prompt("p", ("original", 1), ("original", 1))).Filter);
        Assert.Equal(BootstrapFilters.Empty, Under(Prompt("p", ("original", 1), ("", 0))).Filter);

        BootstrapVerdict Under(BootstrapPrompt prompt) => PreferenceBootstrap.Pairs([prompt], segments).Verdicts[0];
    }

    [Fact]
    public void The_same_text_twice_is_no_preference()
    {
        Assert.Equal(BootstrapFilters.Identical, Only(Prompt("p", ("a", 1), ("a", 1))).Filter);
        Assert.Equal(BootstrapFilters.Identical, Only(Prompt("p", ("a", 1), ("b", 0.5), ("a", 0.25))).Filter);
        Assert.Equal(BootstrapFilters.MarginNotPositive, Only(Prompt("p", ("a", 1), ("b", 1))).Filter);
    }

    [Fact]
    public void The_same_pair_of_the_same_prompt_counts_once_under_the_first_id()
    {
        var twins = new[] { Prompt("p2", ("a", 2), ("b", 0)), Prompt("p1", ("b", 0), ("a", 1)) };
        var result = PreferenceBootstrap.Pairs([.. twins, Prompt("p3", ("a", 2), ("b", 0)) with { Prompt = "another" }], All);
        Assert.Equal([BootstrapFilters.Duplicate, null, null], result.Verdicts.Select(v => v.Filter));
        Assert.Equal([2, 1], result.Selected.ToArray());
    }

    [Fact]
    public void K_counts_the_prompts_asked_and_what_lies_below_is_named()
    {
        BootstrapPrompt[] prompts =
        [
            Prompt("p1", ("a", 1), ("b", 0)), Prompt("p2", ("c", 5), ("d", 0)), Prompt("p3", ("", 5), ("b", 0)), Prompt("p4", ("e", 3), ("f", 0)),
        ];
        var result = PreferenceBootstrap.Pairs(prompts, All with { Keep = 0.5 });
        Assert.Equal([1, 3], result.Selected.ToArray());
        Assert.Equal([BootstrapFilters.BelowK, null, BootstrapFilters.Empty, null], result.Verdicts.Select(v => v.Filter));
        Assert.Equal(new Dictionary<string, int> { ["below-k"] = 1, ["empty"] = 1 }, result.Filtered);
    }

    [Fact]
    public void Margins_equal_to_six_decimals_go_by_id()
    {
        var result = PreferenceBootstrap.Pairs([Prompt("p2", ("a", 1.0000002), ("b", 0)), Prompt("p1", ("a", 1), ("c", 0))], All with { Keep = 0.5 });
        Assert.Equal([1], result.Selected.ToArray());
    }

    [Fact]
    public void Keeping_none_turns_it_off() =>
        Assert.Empty(PreferenceBootstrap.Pairs([Prompt("p", ("a", 1), ("b", 0))], All with { Keep = 0 }).Selected);

    [Fact]
    public void Every_prompt_is_accounted_for_once() => Gen.Select(AnyPrompts, Gen.Double[0, 1], Gen.Bool).Sample((prompts, keep, cut) =>
    {
        var result = PreferenceBootstrap.Pairs(prompts, new BootstrapOptions(keep, 4, cut));
        Assert.Equal(prompts.Select(p => p.Id), result.Verdicts.Select(v => v.Id));
        Assert.Equal(prompts.Length, result.Selected.Length + result.Filtered.Values.Sum());
        Assert.Equal(Enumerable.Range(0, prompts.Length).Where(i => result.Verdicts[i].Kept), result.Selected.Order());
    });

    [Fact]
    public void A_kept_pair_is_sound() => Gen.Select(AnyPrompts, Gen.Bool).Sample((prompts, keepTruncated) =>
    {
        foreach (var i in PreferenceBootstrap.Pairs(prompts, All with { KeepTruncated = keepTruncated }).Selected)
        {
            var verdict = PreferenceBootstrap.Pairs(prompts, All with { KeepTruncated = keepTruncated }).Verdicts[i];
            var (chosen, rejected) = (prompts[i].Responses[verdict.Chosen], prompts[i].Responses[verdict.Rejected]);
            Assert.True(chosen.Reward > rejected.Reward && chosen.Text.Trim().Length > 0 && rejected.Text.Trim().Length > 0);
            Assert.NotEqual(chosen.Text, rejected.Text);
            Assert.True(keepTruncated || !(chosen.Truncated || rejected.Truncated));
        }
    });

    [Fact]
    public void The_order_of_the_prompts_does_not_matter() => Gen.Select(AnyPrompts, Gen.Double[0, 1], Gen.ULong).Sample((prompts, keep, seed) =>
    {
        var permuted = (BootstrapPrompt[])prompts.Clone();
        new SeededRandom(seed).Shuffle<BootstrapPrompt>(permuted);
        var options = new BootstrapOptions(keep, 4, false);
        var (one, other) = (PreferenceBootstrap.Pairs(prompts, options), PreferenceBootstrap.Pairs(permuted, options));
        Assert.Equal(one.Selected.Select(i => prompts[i].Id), other.Selected.Select(i => permuted[i].Id));
        Assert.Equal(one.Verdicts.ToDictionary(v => v.Id), other.Verdicts.ToDictionary(v => v.Id));
    });

    private static BootstrapVerdict Only(BootstrapPrompt prompt) => PreferenceBootstrap.Pairs([prompt], All).Verdicts[0];

    private static BootstrapPrompt Prompt(string id, params (string Text, double Reward)[] responses) =>
        new(id, "x", [.. responses.Select(r => new BootstrapResponse(r.Text, false, r.Reward))]);
}

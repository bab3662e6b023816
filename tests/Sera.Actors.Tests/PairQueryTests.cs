using Sera.Actors.Selection;
using Sera.Model.Data;
using Xunit;

namespace Sera.Actors.Tests;

public sealed class PairQueryTests
{
    [Fact]
    public async Task The_pairs_of_the_last_round_come_with_their_texts_margins_and_how_far_the_last_two_policies_are_apart()
    {
        using var small = new SmallRun();
        var state = await small.RunAsync();
        var candidates = PairQuery.Candidates(state, small.Store);
        var (offline, own) = (candidates.Where(p => p.Source == "offline").ToArray(), candidates.Where(p => p.Source == "bootstrapped").ToArray());
        Assert.Equal((20, state.Rounds[3].BootstrappedKept), (offline.Length, own.Length));
        var texts = offline.Single(p => p.Id == "p3");
        Assert.Equal(("prompt 3", "good 3", "bad 3"), (texts.Prompt, texts.Chosen, texts.Rejected));
        Assert.All(own, p => Assert.True(p.Prompt.StartsWith("ask ", StringComparison.Ordinal) && p.Chosen.StartsWith("text ", StringComparison.Ordinal)));
        // m = 0.7 m_(t-1) + 0.3 m_(t-2): two policies that are apart by u have margins m + 0.3 u and m - 0.7 u, or the other way round.
        var margins = RowFile.Read(small.Store.Read(state.Rounds[3].Selected!.Result.Margins), RowJson.Default.MarginRow).ToDictionary(r => r.Id, r => r.Margin);
        Assert.All(offline, p => Assert.Equal(margins[p.Id], p.Margin));
        Assert.All(candidates, p => Assert.True(p.Disagreement > 0));
    }

    [Fact]
    public async Task Without_a_second_policy_nothing_disagrees_and_round_one_has_no_margins()
    {
        using var small = new SmallRun();
        var two = await small.RunAsync(options: SmallRun.Options with { Rounds = 2 });
        Assert.All(PairQuery.Candidates(two, small.Store), p => Assert.Null(p.Disagreement));
        using var other = new SmallRun();
        Assert.Empty(PairQuery.Candidates(await other.RunAsync(options: SmallRun.Options with { Rounds = 1 }), other.Store));
    }

    [Fact]
    public void Least_sure_first_or_most_disputed_first()
    {
        QueriedPair Pair(string id, double margin, double? apart) => new(id, "offline", "", "", "", margin, apart);
        QueriedPair[] pairs = [Pair("a", 2, 0.1), Pair("b", -0.5, null), Pair("d", 0.5, 0.9), Pair("c", 1, 0.9), Pair("e", double.NaN, 5)];
        Assert.Equal(["b", "d", "c"], PairQuery.Choose(pairs, byDisagreement: false, 3).Select(p => p.Id));
        Assert.Equal(["c", "d", "a"], PairQuery.Choose(pairs, byDisagreement: true, 9).Select(p => p.Id));
    }
}

using System.Collections.Immutable;
using Sera.Actors.Work;
using Sera.Model.Alignment;
using Sera.Model.Data;
using Xunit;

namespace Sera.Actors.Tests;

public sealed class PairColumnMakerTests
{
    private static readonly ImmutableArray<int>[] Responses = [[1, 2, 3, 4], [1, 5], [1, 2, 6, 6, 6, 6]];

    // beta 0.5 on log-ratios: pi_(t-1) gives 1, -1, 0.5; pi_(t-2) gives 0.25, 0.5, -2; the reference's means are -2.5, -3, -2.
    private static readonly ScoreTable Reference = Table(-10, -6, -12);

    [Fact]
    public void Nothing_is_made_for_a_loss_that_reads_nothing() =>
        Assert.Null(Maker("dpo", Table(-8, -8, -11), null).Of("p", Responses, 0, 1));

    // Pairs of responses in the order of the rewards: (0,1) down / up, (0,2) down / down, (1,2) up / down: one of three alike.
    [Theory]
    [InlineData(null, 1 / 3.0)]
    [InlineData("spearman", 0.25)]
    [InlineData("top-order", 0.0)]
    public void Consistency_is_that_of_the_last_two_policies(string? measure, double expected)
    {
        var columns = Maker("cream", Table(-8, -8, -11), Table(-9.5f, -5, -16), measure).Of("p", Responses, 0, 1)!;
        Assert.Equal(expected, columns.Consistency!.Value, 12);
        Assert.Null(columns.Similarity);
        Assert.Null(columns.ChosenUncertainty);
    }

    // Without pi_(t-2) the reference's mean logps -2.5, -3, -2 stand for it; the rewards are 1, -1, 0.5: (0,1) and (1,2) alike, (0,2) not.
    [Fact]
    public void In_round_2_the_reference_stands_for_the_policy_before() =>
        Assert.Equal(2 / 3.0, Maker("cream", Table(-8, -8, -11), null).Of("p", Responses, 0, 1)!.Consistency!.Value, 12);

    [Fact]
    public void Labels_of_the_data_are_not_spoken_against() =>
        Assert.Null(Maker("cream", Table(-8, -8, -11), null, labelled: true).Of("p", Responses, 0, 1)!.Consistency);

    // After the common first token 3 and 1 are left; after the common two 2 and 4.
    [Fact]
    public void Similarity_is_the_ratio_of_what_is_left_after_the_common_beginning()
    {
        var maker = Maker("pc-dpo", null, null);
        Assert.Equal(1 / 3.0, maker.Of("p", Responses, 0, 1)!.Similarity!.Value, 12);
        Assert.Equal(0.5, maker.Of("p", Responses, 2, 0)!.Similarity!.Value, 12);
        Assert.Equal(1, maker.Of("p", Responses, 1, 1)!.Similarity!.Value, 12);
    }

    [Fact]
    public void With_states_similarity_is_their_cosine()
    {
        var states = new ScoreTable([new ScoreRow("p", [-1, -1, -1], States: [[3, 4], [2, 0], [-3, -4]])]);
        var maker = new PairColumnMaker(new LossOptions("pc-dpo", 0.5, 0, Prior: RewardPrior.Cosine), null, null, false, states: states);
        Assert.Equal(0.6, maker.Of("p", Responses, 0, 1)!.Similarity!.Value, 12);
        Assert.Equal(-1, maker.Of("p", Responses, 2, 0)!.Similarity!.Value, 12);
    }

    [Fact]
    public void Uncertainty_is_how_far_the_rewards_of_the_last_two_policies_are_apart()
    {
        var columns = Maker("up-lcb", Table(-8, -8, -11), Table(-9.5f, -5, -16)).Of("p", Responses, 0, 2)!;
        Assert.Equal((0.75, 2.5), (columns.ChosenUncertainty!.Value, columns.RejectedUncertainty!.Value));
        Assert.Null(Maker("up-lcb", Table(-8, -8, -11), null).Of("p", Responses, 0, 2)!.ChosenUncertainty);
    }

    // A vote of the data stands; s(1.5) = 0.817574 where there is none and the loss cannot do without; no margin counts for more than 0.99.
    [Fact]
    public void A_win_rate_is_the_data_s_and_else_what_the_margin_says()
    {
        Assert.Equal(new PairColumns(WinRate: 0.7), Maker("irepo", null, null).Of("p", Responses, 0, 1, label: 0.7));
        Assert.Equal(0.817574, Maker("irepo", null, null).Of("p", Responses, 0, 1, margin: 1.5)!.WinRate!.Value, 6);
        Assert.Equal(0.99, Maker("irepo", null, null).Of("p", Responses, 0, 1, margin: 50)!.WinRate);
        Assert.Equal(new PairColumns(WinRate: 0.7), Maker("sppo", null, null).Of("p", Responses, 0, 1, label: 0.7));
        // A loss with a default for all, and a run without votes, are the work they were before there was a column.
        Assert.Null(Maker("sppo", null, null).Of("p", Responses, 0, 1, margin: 1.5));
        Assert.Null(Maker("irepo", null, null).Of("p", Responses, 0, 1));
        Assert.Null(Maker("dpo", null, null).Of("p", Responses, 0, 1, label: 0.7, margin: 1.5));
    }

    [Fact]
    public void Who_has_no_consistency_gets_the_mean_and_all_do_where_that_is_asked_for()
    {
        List<TrainingPairRow> pairs = [Row(0.2), Row(0.6), Row(null)];
        Assert.Equal([0.2, 0.6, 0.4], Maker("cream", null, null).Complete(pairs).Select(p => Math.Round(p.Columns!.Consistency!.Value, 12)));
        var averaged = new PairColumnMaker(new LossOptions("cream", 0.5, 0, AverageConsistency: true), null, null, false).Complete(pairs);
        Assert.All(averaged, p => Assert.Equal(0.4, p.Columns!.Consistency!.Value, 12));
        Assert.Null(Assert.Single(Maker("dpo", null, null).Complete([Row(null) with { Columns = null }])).Columns);
    }

    private static TrainingPairRow Row(double? consistency) => new("p", [1], [2], [3], 0, 0, null, "bootstrapped", new PairColumns(consistency));

    private static PairColumnMaker Maker(string loss, ScoreTable? current, ScoreTable? previous, string? measure = null, bool labelled = false)
    {
        var options = new LossOptions(loss, 0.5, 0, Consistency: measure);
        return new PairColumnMaker(options, Rewards(current), Rewards(previous), labelled);

        RewardTable? Rewards(ScoreTable? scores) => scores is null ? null : new RewardTable(options, scores, Reference);
    }

    private static ScoreTable Table(params float[] logps) => new([new ScoreRow("p", [.. logps])]);
}

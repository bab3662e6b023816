using CsCheck;
using Sera.Model.Alignment;
using Xunit;

namespace Sera.Model.Tests.Alignment;

public sealed class RewardScoresTests
{
    [Fact]
    public void A_score_is_the_tenth_of_all_rewards() => Assert.Equal([1, 10, 2, 5, 6, 3, 4, 9, 8, 7], RewardScores.Of([-9, 90, -5, 0, 0.5, -4, -3, 8, 7, 1]));

    // Twenty: five share places 3 to 7, whose middle is 5.
    [Fact]
    public void Equal_rewards_have_the_score_of_their_middle()
    {
        double[] rewards = [.. Enumerable.Range(0, 20).Select(i => i is >= 3 and <= 7 ? 5.0 : i)];
        Assert.Equal([1, 1, 2, 3, 3, 3, 3, 3, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10], RewardScores.Of(rewards));
        Assert.Equal([5, 5], RewardScores.Of([1, 1]) is [var a, var b] ? [a + 2, b + 2] : []);
    }

    [Fact]
    public void Higher_rewards_never_have_lower_scores_whatever_the_order() => Gen.Int[-20, 20].Select(i => i / 4.0).Array[1, 60].Sample(rewards =>
    {
        var scores = RewardScores.Of(rewards);
        Assert.All(scores, s => Assert.InRange(s, 1, RewardScores.Best));
        var sorted = rewards.Zip(scores).OrderBy(p => p.First).Select(p => p.Second).ToArray();
        Assert.Equal(sorted.Order(), sorted);
        Assert.Equal(scores, RewardScores.Of([.. rewards.Reverse()]).Reverse());
    });

    [Fact]
    public void A_text_asks_for_it() => Assert.Equal("rated 7 of 10: ", RewardScores.Text("rated {score} of 10: ", 7));
}

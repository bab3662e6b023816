using Sera.Model.Alignment;
using Sera.Model.Checkpoints;

namespace Sera.Actors.Work;

/// <summary>Rewards of scored responses: implicit ones under one policy, or those of a reward model.</summary>
/// <param name="explicitly">The scores of <paramref name="policy"/> are rewards.</param>
internal sealed class RewardTable(LossOptions loss, ScoreTable policy, ScoreTable? reference, bool explicitly = false)
{
    /// <summary>null for null.</summary>
    /// <exception cref="DamagedArtifactException">A scores artifact is not what its name says.</exception>
    public static RewardTable? Read(MarginScores? scores, LossOptions loss, RowCache rows) => scores is null
        ? null
        : new RewardTable(
            loss,
            ScoreTable.Read(scores.Policy, rows) ?? throw new InvalidOperationException("no scores under the policy"),
            ScoreTable.Read(scores.Reference, rows),
            scores.Explicit);

    public double Of(string id, int response, int length) => explicitly
        ? policy.Reward(id, response)
        : ImplicitReward.Of(loss, policy.Of(id, response), reference?.Of(id, response) ?? 0, length);

    /// <summary>Mean log-probability per token under the reference.</summary>
    /// <exception cref="InvalidOperationException">The loss needs no reference, so nothing was scored under one.</exception>
    public double ReferenceMean(string id, int response, int length) =>
        (reference ?? throw new InvalidOperationException("no scores under a reference")).Of(id, response) / (double)length;
}

using System.Collections.Immutable;
using Sera.Actors.Work;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;

namespace Sera.Actors.Runs;

/// <summary>One round of a run. Round 0 only measures the starting policy.</summary>
/// <param name="Scorer">pi_(t-1), which scores, selects and generates.</param>
/// <param name="Init">Where training starts from.</param>
/// <param name="Rollouts">Candidates for bootstrapping, by first prompt.</param>
/// <param name="Answers">Greedy answers of the round's own policy, by first prompt.</param>
/// <param name="Checkpoints">Segments trained so far, in order; the last one of the round is <paramref name="Trained"/>.</param>
/// <param name="LostInEpoch">Epoch of the run in which its checkpoints were last found lost; 0 = never.</param>
/// <param name="Seconds">Work time by kind, summed over workers.</param>
/// <param name="Tokens">Tokens processed, by kind.</param>
public sealed record RoundState(
    int Round,
    PolicyRef Scorer,
    PolicyRef Init,
    ImmutableSortedDictionary<int, RolloutsRecorded> Rollouts,
    ImmutableSortedDictionary<int, RolloutsRecorded> Answers,
    PairsSelected? Selected,
    PairsBootstrapped? Bootstrapped,
    ImmutableArray<TrainingCheckpointed> Checkpoints,
    RoundTrained? Trained,
    PolicyEvaluated? Evaluated,
    bool Completed,
    long LostInEpoch,
    ImmutableSortedDictionary<WorkKind, double> Seconds,
    ImmutableSortedDictionary<WorkKind, long> Tokens,
    DateTimeOffset OpenedAt,
    DateTimeOffset? CompletedAt)
{
    /// <summary>Responses that the loss reads beside those of bootstrapped pairs, one a prompt, by first prompt.</summary>
    public ImmutableSortedDictionary<int, RolloutsRecorded> Explored { get; init; } = ImmutableSortedDictionary<int, RolloutsRecorded>.Empty;

    /// <summary>The reference of the loss since its last update in this round; null before the first, and where it stays.</summary>
    public UpdatedReference? Reference => Checkpoints.Select(c => c.Result.Reference).LastOrDefault(r => r is not null);

    /// <summary>The round's own policy; null while it is not trained.</summary>
    public PolicyRef? Policy => Round == 0 ? Init : Trained?.Policy;

    /// <summary>Offline pairs scored; 0 in rounds 0 and 1, and where they are drawn: without a margin there is no accuracy.</summary>
    public int OfflineScored => Round > 1 && Selected?.Result.Statistics is { RewardAccuracy: not null } statistics ? statistics.Candidates : 0;

    public int OfflineKept => Selected?.Result.Statistics.Kept ?? 0;

    /// <summary>Responses generated for bootstrapping.</summary>
    public int Generated => Rollouts.Values.Sum(r => r.Result.Responses);

    public int BootstrappedKept => Bootstrapped?.Result.Statistics.Kept ?? 0;

    /// <summary>Candidates left out, offline and bootstrapped together, by reason.</summary>
    public ImmutableSortedDictionary<string, int> Filtered
    {
        get
        {
            var filtered = ImmutableSortedDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
            foreach (var (reason, count) in Pairs.SelectMany(p => p.Filtered))
            {
                filtered[reason] = filtered.GetValueOrDefault(reason) + count;
            }
            return filtered.ToImmutable();
        }
    }

    /// <summary>Reward-augmented pairs beside those kept.</summary>
    public int Augmented => Pairs.Sum(p => p.Augmented);

    public int TrainPairs => OfflineKept + BootstrappedKept + Augmented;

    /// <summary>Segments of training recorded, the last one included.</summary>
    public IEnumerable<TrainedSegment> Segments => Checkpoints.Select(c => c.Result).Concat(Trained is null ? [] : [Trained.Result]);

    /// <summary>Mean loss over the steps so far; null before the first.</summary>
    public double? TrainLoss
    {
        get
        {
            var steps = Segments.Sum(s => s.Means.Steps);
            return steps == 0 ? null : Segments.Sum(s => s.Means.Loss * s.Means.Steps) / steps;
        }
    }

    /// <summary>StepMetrics lines, in step order.</summary>
    public IEnumerable<ArtifactRef> Metrics => Segments.Select(s => s.Metrics);

    /// <summary>MarginRow lines: offline, then bootstrapped.</summary>
    public IEnumerable<ArtifactRef> Margins =>
        new[] { Selected?.Result.Margins, Bootstrapped?.Result.Margins }.OfType<ArtifactRef>();

    private IEnumerable<PairStatistics> Pairs =>
        new[] { Selected?.Result.Statistics, Bootstrapped?.Result.Statistics }.OfType<PairStatistics>();
}

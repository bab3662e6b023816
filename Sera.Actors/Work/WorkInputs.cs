using System.Collections.Immutable;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;

namespace Sera.Actors.Work;

/// <summary>What must be on a node before it can do an order; a pure function of the order.</summary>
internal sealed record WorkInputs(ImmutableArray<ArtifactRef> Artifacts, ImmutableArray<PolicyRef> Policies)
{
    public static WorkInputs Of(WorkOrder order)
    {
        IEnumerable<ArtifactRef?> artifacts =
        [
            order.Generate?.Prompts,
            order.Score?.Rows, order.Score?.Reads?.Prefix,
            order.Select?.Pairs, .. Of(order.Select?.Current), .. Of(order.Select?.Previous), .. Of(order.Select?.TrainReference),
            .. Of(order.Select?.Refinement), .. Of(order.Select?.States), order.Select?.Replay?.Bootstrapped, order.Select?.ScorePrefixes,
            .. Of(order.Bootstrap?.Rollouts), .. Of(order.Bootstrap?.Current), .. Of(order.Bootstrap?.Previous), .. Of(order.Bootstrap?.TrainReference),
            .. Of(order.Bootstrap?.Refinement), .. Of(order.Bootstrap?.States), .. Of(order.Bootstrap?.Explored?.Rollouts), .. Of(order.Bootstrap?.Explored?.Reference),
            order.Bootstrap?.ScorePrefixes,
            .. Of(order.Train?.Segment.Pairs), order.Train?.Segment.Checkpoint, .. Of(order.Train?.Segment.ReferenceScores),
            .. Of(order.Gradient?.Request.Pairs), order.Gradient?.Request.Parameters, .. Of(order.Gradient?.Request.ReferenceScores),
            .. Of(order.Evaluate?.Rollouts), order.Evaluate?.Evaluation, order.Evaluate?.HeldOut, .. Of(order.Evaluate?.Scores),
        ];
        IEnumerable<PolicyRef?> policies =
        [
            order.Generate?.Policy, order.Score?.Policy, order.Train?.Segment.Start, order.Train?.Segment.Sync?.Reference, order.Gradient?.Request.Start,
        ];
        return new WorkInputs([.. artifacts.OfType<ArtifactRef>().Distinct()], [.. policies.OfType<PolicyRef>().Distinct()]);
    }

    private static IEnumerable<ArtifactRef> Of(MarginScores? scores) => scores is null ? [] : [.. scores.Policy, .. scores.Reference];

    private static ImmutableArray<ArtifactRef> Of(ImmutableArray<ArtifactRef>? artifacts) => artifacts ?? [];
}

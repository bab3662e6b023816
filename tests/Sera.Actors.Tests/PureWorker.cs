using System.Collections.Immutable;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;

namespace Sera.Actors.Tests;

/// <summary>Does work orders without files or engines: a result is named by the digest of its work id.</summary>
internal static class PureWorker
{
    public static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static WorkResult Do(WorkOrder order)
    {
        var result = new WorkResult(order.WorkId, new Effort(order.Kind, 1.5, 100));
        return order.Kind switch
        {
            WorkKind.Generate => result with { Generated = new GeneratedRollouts(Artifact("rollouts"), order.Generate!.To - order.Generate.From, order.Units, 50, 1) },
            WorkKind.Score => result with { Scored = new ScoredRows(Artifact("scores"), order.Units) },
            WorkKind.Select => result with { Selected = new SelectedPairs(Artifact("training-pairs"), Artifact("margins"), Statistics(12), new NoiseAudit(0.2, 0.1)) },
            WorkKind.Bootstrap => result with { Bootstrapped = new BootstrappedPairs(Artifact("training-pairs"), Artifact("margins"), 10, 30, Statistics(5)) },
            WorkKind.Train => result with { Trained = Train(order.Train!.Segment) },
            _ => result with { Evaluated = new MeasuredPolicy(Artifact("answers"), 4, 0.5, 5, 0.6, 0.1) },
        };

        ArtifactRef Artifact(string kind) => new(kind, Sha256.Of(kind + order.WorkId), 10);

        TrainedSegment Train(TrainingSegment segment)
        {
            var means = new TrainingMeans(segment.ToStep - segment.FromStep, 0.6, 0.1, 0.7, 0.05, -0.05, 1);
            return segment.ToStep == segment.TotalSteps
                ? new TrainedSegment(null, Artifact("adapter"), new PolicyRef(segment.Start.Base, Adapter: Artifact("adapter").Sha256), Artifact("metrics"), means)
                : new TrainedSegment(
                    Artifact("checkpoint"), null, null, Artifact("metrics"), means,
                    segment.Syncs ? new UpdatedReference(Artifact("weights"), new PolicyRef(segment.Start.Base, Weights: Artifact("weights").Sha256)) : null);
        }
    }

    public static PairStatistics Statistics(int kept) => new(
        20, kept, ImmutableSortedDictionary<string, int>.Empty.Add("below-k", 20 - kept), 0.8, 0.3, new MarginQuantiles(0, 0.1, 0.2, 0.3, 0.4), 3, 2);

    public static StartRun Start(RunOptions? options = null, string fingerprint = "pure")
    {
        RowSource Rows(string kind, int count) => new(new ArtifactRef(kind, Sha256.Of(kind + count), 100), count);
        return new StartRun(
            "pure", options ?? SmallRun.Options,
            new RunInputs(new PolicyRef(Sha256.Of("base")), Rows("pairs", 20), Rows("prompts", 10), Rows("pairs", 5), Rows("evaluation", 4),
                RewardModel: options?.Reward == RewardSource.Model ? new PolicyRef(Sha256.Of("reward")) : null),
            fingerprint);
    }

    public static RunState Begin(RunOptions? options = null, string fingerprint = "pure") => Accept(null, Start(options, fingerprint));

    public static RunState Accept(RunState? state, IRunCommand command) =>
        ((Decision.Accept)RunDecider.Decide(state, command, Now)).Events.Aggregate(state, RunEvolution.Evolve)!;

    public static RunState Record(RunState state, WorkOrder order) => Accept(state, new RecordWork(state.RunId, state.Epoch, Do(order)));

    /// <summary>To the end, taking of the outstanding orders the one that is picked.</summary>
    public static RunState Finish(RunState state, Func<int, int> pick)
    {
        while (RunWork.Outstanding(state) is { IsEmpty: false } outstanding)
        {
            state = Record(state, outstanding[pick(outstanding.Length)]);
        }
        return state;
    }
}

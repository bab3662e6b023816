using System.Collections.Immutable;
using Sera.Host.Reports;

namespace Sera.Host.Experiments;

/// <summary>How a figure is written.</summary>
internal enum FigureUnit
{
    /// <summary>0 .. 1, shown in percent.</summary>
    Share,
    Count,
    Number,
}

/// <summary>A figure of a round that runs are compared by.</summary>
/// <param name="Name">In experiment files and in the files of the results.</param>
/// <param name="Title">In tables.</param>
/// <param name="Source">Its place in summary.json.</param>
/// <param name="Value">null where a run does not have it.</param>
internal sealed record ResultFigure(string Name, string Title, FigureUnit Unit, string Source, Func<RunSummary, RoundSummary, double?> Value);

/// <summary>Every figure that runs can be compared by. Work times are none: what an earlier run computed already takes none.</summary>
internal static class ResultFigures
{
    public static readonly ImmutableArray<ResultFigure> All =
    [
        new("answers-right", "answers right", FigureUnit.Share, "rounds[].evalAccuracy where evalKind is gold", Right),
        new("held-out-accuracy", "held-out reward accuracy", FigureUnit.Share, "heldOutRewardAccuracy", HeldOut),
        new("tokens-chosen", "tokens chosen", FigureUnit.Number, "rounds[].chosenLength", (_, round) => round.ChosenLength),
        new("tokens-rejected", "tokens rejected", FigureUnit.Number, "rounds[].rejectedLength", (_, round) => round.RejectedLength),
        new("flipped-kept", "flipped kept", FigureUnit.Share, "rounds[].audit.flippedKept", (_, round) => round.Audit?.FlippedKept),
        new("trained-on", "trained on", FigureUnit.Count, "rounds[].trainPairs", (_, round) => round.TrainPairs),
        new("offline-kept", "offline kept", FigureUnit.Count, "rounds[].offlineKept", (_, round) => round.OfflineKept),
        new("bootstrapped", "bootstrapped", FigureUnit.Count, "rounds[].bootstrappedKept", (_, round) => round.BootstrappedKept),
        new("loss", "loss", FigureUnit.Number, "rounds[].trainLoss", (_, round) => round.TrainLoss),
        new("reward-accuracy", "reward accuracy", FigureUnit.Share, "rounds[].rewardAccuracy", (_, round) => round.RewardAccuracy),
        new("margin", "margin", FigureUnit.Number, "rounds[].marginMean", (_, round) => round.MarginMean),
        new("consistency", "consistency", FigureUnit.Number, "rounds[].consistency", (_, round) => round.Consistency),
    ];

    public static ResultFigure? Find(string name) => All.FirstOrDefault(figure => figure.Name == name);

    private static double? Right(RunSummary run, RoundSummary round) => run.EvalKind == EvalKind.Gold ? round.EvalAccuracy : null;

    /// <summary>Where answers are checked by a program, the summary has it before the first round and after the last alone.</summary>
    private static double? HeldOut(RunSummary run, RoundSummary round) => run.EvalKind switch
    {
        EvalKind.HeldOutReward => round.EvalAccuracy,
        _ when round.Round == 0 => run.HeldOutRewardAccuracy?.Before,
        _ when round.Round == run.Rounds[^1].Round => run.HeldOutRewardAccuracy?.After,
        _ => null,
    };
}

namespace Sera.Model.Alignment;

/// <summary>Where the pairs of a round come from, by the options of a run.</summary>
public static class RoundSources
{
    /// <summary>Round 1 takes all offline pairs; rounds from 2 on score and select them, or draw some, unless they train on the policy's own responses alone.</summary>
    public static bool SelectsIn(this RunOptions options, int round) =>
        options.TrainingData != TrainingData.Prompts && (round == 1 || options.TrainingData != TrainingData.OnPolicy);

    /// <summary>Rounds from 2 on generate and bootstrap, of a run from prompts alone all of them, unless that is turned off or they train on offline pairs alone.</summary>
    public static bool BootstrapsIn(this RunOptions options, int round) =>
        (round > 1 || options.TrainingData == TrainingData.Prompts) && options.Bootstrap.IsOn && options.TrainingData != TrainingData.Offline;

    /// <summary>Rounds from 2 on draw their offline pairs, where those only keep the policy from forgetting.</summary>
    public static bool ReplaysIn(this RunOptions options, int round) => round > 1 && options.TrainingData == TrainingData.Replay;

    /// <summary>Whether any round of the run bootstraps.</summary>
    public static bool Bootstraps(this RunOptions options) => options.BootstrapsIn(options.Rounds);

    /// <summary>Whether any round of the run knows rewards of what it trains on.</summary>
    public static bool Rewards(this RunOptions options) => options.Rounds > 1 || options.TrainingData == TrainingData.Prompts;
}

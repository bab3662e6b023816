using Sera.Model.Alignment;

namespace Sera.Actors.Runs;

/// <summary>Where the pairs of a round come from, by the options of a run.</summary>
public static class RoundSources
{
    /// <summary>Round 1 takes all offline pairs; rounds from 2 on score and select them, unless they train on the policy's own responses alone.</summary>
    public static bool SelectsIn(this RunOptions options, int round) => round == 1 || options.TrainingData != TrainingData.OnPolicy;

    /// <summary>Rounds from 2 on generate and bootstrap, unless that is turned off or they train on offline pairs alone.</summary>
    public static bool BootstrapsIn(this RunOptions options, int round) =>
        round > 1 && options.Bootstrap.IsOn && options.TrainingData != TrainingData.Offline;

    /// <summary>Whether any round of the run bootstraps.</summary>
    public static bool Bootstraps(this RunOptions options) => options.BootstrapsIn(options.Rounds);
}

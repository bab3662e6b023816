using Sera.Model.Alignment;

namespace Sera.Actors.Runs;

/// <summary>Which rounds bootstrap, by the options of a run.</summary>
internal static class BootstrapRounds
{
    /// <summary>Rounds from 2 on generate and bootstrap, unless that is turned off.</summary>
    public static bool BootstrapsIn(this RunOptions options, int round) => round > 1 && options.Bootstrap.Keep > 0;

    /// <summary>Whether any round of the run bootstraps.</summary>
    public static bool Bootstraps(this RunOptions options) => options.BootstrapsIn(options.Rounds);
}

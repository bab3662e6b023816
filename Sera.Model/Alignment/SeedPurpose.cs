namespace Sera.Model.Alignment;

/// <summary>The names below a run's seed. They are part of the seeds, so a name once used never changes.</summary>
public static class SeedPurpose
{
    /// <summary>Rollouts of a round.</summary>
    public const string Generate = "generate";

    /// <summary>Order of the pairs and fresh adapter weights of a round's training.</summary>
    public const string Train = "train";

    /// <summary>Offline pairs that a round draws, where the selection rule draws them.</summary>
    public const string Select = "select";

    /// <summary>Offline pairs that a round replays beside its bootstrapped ones.</summary>
    public const string Replay = "replay";

    /// <summary>Explored responses of a round, where the loss reads samples.</summary>
    public const string Explore = "explore";

    /// <summary>Where the segments of a round begin, and their tokens, where bootstrapping resamples segments.</summary>
    public const string Segment = "segment";

    /// <summary>Rejected responses that a round draws, where the pair rule draws them.</summary>
    public const string Pair = "pair";
}

namespace Sera.Model.Alignment;

/// <summary>What says how alike two responses are a priori.</summary>
public static class RewardPrior
{
    public const string None = "none";

    /// <summary>The ratio of their lengths (<see cref="LengthPrior"/>).</summary>
    public const string Length = "length";

    /// <summary>The cosine of what a frozen policy makes of them (<see cref="CosinePrior"/>).</summary>
    public const string Cosine = "cosine";
}

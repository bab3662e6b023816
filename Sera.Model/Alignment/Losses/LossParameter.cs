using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>A number that some losses read beside beta, as loss.&lt;key&gt; of a run file; without one each loss takes its own default.</summary>
/// <param name="Range">The values allowed, in words.</param>
public sealed record LossParameter(string Key, Func<double, bool> Allows, string Range)
{
    public static readonly LossParameter Smoothing = new("label-smoothing", v => v is >= 0 and < 0.5, "0 .. 0.5, exclusive");
    public static readonly LossParameter Coefficient = new("alpha", v => v > 0 && double.IsFinite(v), "a number > 0");
    public static readonly LossParameter Sft = new("sft-weight", v => v >= 0 && double.IsFinite(v), "a number >= 0");
    public static readonly LossParameter Offset = new("offset", double.IsFinite, "a number");
    public static readonly LossParameter WinRate = new("win-rate", v => v is >= 0 and <= 1, "0 .. 1");
    public static readonly LossParameter Temperature = new("temperature", v => v > 0 && double.IsFinite(v), "a number > 0");
    public static readonly LossParameter Uncertainty = new("uncertainty", v => v >= 0 && double.IsFinite(v), "a number >= 0");
    public static readonly LossParameter Threshold = new("threshold", double.IsFinite, "a number");
    public static readonly LossParameter PriorScale = new("prior-scale", v => v > 0 && double.IsFinite(v), "a number > 0");
    public static readonly LossParameter PriorSoftening = new("prior-softening", v => v > 0 && double.IsFinite(v), "a number > 0");
    public static readonly LossParameter PriorShift = new("prior-shift", double.IsFinite, "a number");
    public static readonly LossParameter Refinement = new("refinement", v => v >= 0 && double.IsFinite(v), "a number >= 0");
    public static readonly LossParameter LdAlpha = new("ld-alpha", v => v is >= 0 and <= 1, "0 .. 1");
    public static readonly LossParameter BmcCap = new("bmc-cap", v => v >= 0 && double.IsFinite(v), "a number >= 0");
    public static readonly LossParameter DivergenceCoefficient = new("divergence-alpha", v => v is > 0 and < 1, "0 .. 1, exclusive");

    /// <summary>In the order of reference.conf.</summary>
    public static readonly ImmutableArray<LossParameter> All =
    [
        Smoothing, Coefficient, Sft, Offset, WinRate, Temperature, Uncertainty, Threshold, PriorScale, PriorSoftening, PriorShift, Refinement, LdAlpha, BmcCap,
        DivergenceCoefficient,
    ];

    public override string ToString() => Key;
}

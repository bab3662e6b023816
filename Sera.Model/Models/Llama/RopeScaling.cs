using System.Collections.Immutable;

namespace Sera.Model.Models.Llama;

/// <summary>How the rotary frequencies were stretched for contexts longer than the policy was first trained on.</summary>
/// <param name="Kind">
/// Linear: all frequencies divided by Factor. Llama3: low frequencies only, with a smooth passage (Llama 3.1). Yarn: the same with a passage that is linear in the
/// place of the frequency, and heads longer by Magnitude (arXiv 2309.00071). LongRope: each frequency by a factor of its own (arXiv 2402.13753); others hold beyond the first
/// context, where no sequence is run here.
/// </param>
/// <param name="LowFrequencyFactor">Llama3: turns within the first context below which a frequency is stretched. Yarn: beta_slow, in the same unit.</param>
/// <param name="HighFrequencyFactor">Turns above which it is kept. Yarn: beta_fast.</param>
/// <param name="Magnitude">What cosine and sine are multiplied by.</param>
/// <param name="WholeEnds">Yarn: the ends of the passage are rounded to whole places.</param>
/// <param name="Factors">LongRope: what each frequency is divided by, in sequences within the first context.</param>
public sealed record RopeScaling(
    RopeScalingKind Kind, double Factor, double LowFrequencyFactor = 1, double HighFrequencyFactor = 4, double OriginalPositions = 8192, double Magnitude = 1, bool WholeEnds = true,
    ImmutableArray<double> Factors = default)
{
    /// <summary>Tokens that the frequencies hold for; null = as many as the policy says.</summary>
    public int? LongestContext => Kind == RopeScalingKind.LongRope ? (int)OriginalPositions : null;
}

public enum RopeScalingKind
{
    Linear,
    Llama3,
    Yarn,
    LongRope,
}

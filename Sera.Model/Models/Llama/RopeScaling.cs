namespace Sera.Model.Models.Llama;

/// <summary>How the rotary frequencies were stretched for contexts longer than the policy was first trained on.</summary>
/// <param name="Kind">Linear: all frequencies divided by Factor. Llama3: low frequencies only, with a smooth passage (Llama 3.1).</param>
public sealed record RopeScaling(RopeScalingKind Kind, double Factor, double LowFrequencyFactor = 1, double HighFrequencyFactor = 4, double OriginalPositions = 8192);

public enum RopeScalingKind
{
    Linear,
    Llama3,
}

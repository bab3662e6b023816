namespace Sera.Model.Kernels;

/// <summary>The numbers of one AdamW step.</summary>
/// <param name="Rate">Learning rate over the bias correction of the first moment.</param>
/// <param name="Correction">Root of the bias correction of the second moment.</param>
/// <param name="Kept">What decay leaves of a weight.</param>
internal readonly record struct AdamStep(float Rate, float Correction, float Kept, float GradientScale)
{
    public const float Beta1 = 0.9f;
    public const float Beta2 = 0.999f;
    public const float Epsilon = 1e-8f;

    /// <param name="number">From 1.</param>
    public static AdamStep At(int number, double learningRate, double weightDecay, double gradientScale) => new(
        (float)(learningRate / (1 - Math.Pow(0.9, number))), (float)Math.Sqrt(1 - Math.Pow(0.999, number)), (float)(1 - learningRate * weightDecay), (float)gradientScale);
}

using static TorchSharp.torch;

namespace Sera.Model.Models.Llama;

/// <summary>Angles of the rotary position embedding (arXiv 2104.09864).</summary>
internal sealed class Rotary : IDisposable
{
    private readonly Tensor _frequencies; // [head size / 2]

    public Rotary(LlamaConfig config, Device device)
    {
        _frequencies = tensor([.. Frequencies(config).Select(f => (float)f)], float32, device).DetachFromDisposeScope();
    }

    /// <summary>Angles a position, in radians: [head size / 2].</summary>
    internal static double[] Frequencies(LlamaConfig config)
    {
        var frequencies = new double[config.HeadSize / 2];
        for (var i = 0; i < frequencies.Length; i++)
            frequencies[i] = Stretch(Math.Pow(config.RopeTheta, -2.0 * i / config.HeadSize), config.RopeScaling);
        return frequencies;
    }

    /// <param name="positions">[tokens] int64.</param>
    /// <returns>Cosine and sine, [tokens, head size / 2] fp32, owned by the caller's scope.</returns>
    public (Tensor Cos, Tensor Sin) At(Tensor positions)
    {
        using var scope = NewDisposeScope();
        var angles = positions.to(float32).unsqueeze(1) * _frequencies;
        return scope.MoveToOuter(angles.cos(), angles.sin());
    }

    public void Dispose() => _frequencies.Dispose();

    // Llama 3.1: wavelengths longer than the first context are stretched by the factor, short ones kept, those between interpolated.
    private static double Stretch(double frequency, RopeScaling? scaling)
    {
        if (scaling is null) return frequency;
        if (scaling.Kind == RopeScalingKind.Linear) return frequency / scaling.Factor;
        var wavelength = 2 * Math.PI / frequency;
        if (wavelength < scaling.OriginalPositions / scaling.HighFrequencyFactor) return frequency;
        if (wavelength > scaling.OriginalPositions / scaling.LowFrequencyFactor) return frequency / scaling.Factor;
        var kept = (scaling.OriginalPositions / wavelength - scaling.LowFrequencyFactor) / (scaling.HighFrequencyFactor - scaling.LowFrequencyFactor);
        return (1 - kept) * frequency / scaling.Factor + kept * frequency;
    }
}

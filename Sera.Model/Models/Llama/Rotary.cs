using static TorchSharp.torch;

namespace Sera.Model.Models.Llama;

/// <summary>Angles of the rotary position embedding (arXiv 2104.09864).</summary>
internal sealed class Rotary : IDisposable
{
    private readonly Tensor _frequencies; // [half of what is turned of a head]
    private readonly Tensor? _slidingFrequencies; // the same; null where they are no others
    private readonly double _magnitude;

    public Rotary(LlamaConfig config, Device device)
    {
        _magnitude = config.RopeScaling?.Magnitude ?? 1;
        _frequencies = Kept(Frequencies(config));
        _slidingFrequencies = config.SlidingRopeTheta is null ? null : Kept(Frequencies(config, slides: true));

        Tensor Kept(double[] frequencies) => tensor([.. frequencies.Select(f => (float)f)], float32, device).DetachFromDisposeScope();
    }

    /// <summary>Angles a position, in radians: [half of what is turned of a head].</summary>
    /// <param name="slides">Of layers that slide.</param>
    internal static double[] Frequencies(LlamaConfig config, bool slides = false)
    {
        if (slides && config.SlidingRopeTheta is { } theta) config = config with { RopeTheta = theta, RopeScaling = null };
        var frequencies = new double[config.RotarySize / 2];
        for (var i = 0; i < frequencies.Length; i++)
            frequencies[i] = Stretch(Math.Pow(config.RopeTheta, -2.0 * i / config.RotarySize), i, config);
        return frequencies;
    }

    /// <param name="positions">[tokens] int64.</param>
    /// <returns>Owned by the caller's scope.</returns>
    public RotaryAngles At(Tensor positions)
    {
        var (cos, sin) = At(positions, _frequencies, _magnitude);
        if (_slidingFrequencies is null) return new RotaryAngles(cos, sin, cos, sin);
        var (slidingCos, slidingSin) = At(positions, _slidingFrequencies, 1);
        return new RotaryAngles(cos, sin, slidingCos, slidingSin);
    }

    private static (Tensor Cos, Tensor Sin) At(Tensor positions, Tensor frequencies, double magnitude)
    {
        using var scope = NewDisposeScope();
        var angles = positions.to(float32).unsqueeze(1) * frequencies;
        if (magnitude == 1) return scope.MoveToOuter(angles.cos(), angles.sin());
        return scope.MoveToOuter(angles.cos().mul_(Scalars.Kept(magnitude)), angles.sin().mul_(Scalars.Kept(magnitude)));
    }

    public void Dispose()
    {
        _frequencies.Dispose();
        _slidingFrequencies?.Dispose();
    }

    // Llama 3.1: wavelengths longer than the first context are stretched by the factor, short ones kept, those between interpolated.
    private static double Stretch(double frequency, int place, LlamaConfig config)
    {
        if (config.RopeScaling is not { } scaling) return frequency;
        if (scaling.Kind == RopeScalingKind.Linear) return frequency / scaling.Factor;
        if (scaling.Kind == RopeScalingKind.LongRope) return frequency / scaling.Factors[place];
        if (scaling.Kind == RopeScalingKind.Yarn) return Mix(frequency, scaling.Factor, KeptByYarn(place, config, scaling));
        var wavelength = 2 * Math.PI / frequency;
        if (wavelength < scaling.OriginalPositions / scaling.HighFrequencyFactor) return frequency;
        if (wavelength > scaling.OriginalPositions / scaling.LowFrequencyFactor) return frequency / scaling.Factor;
        return Mix(frequency, scaling.Factor, (scaling.OriginalPositions / wavelength - scaling.LowFrequencyFactor) / (scaling.HighFrequencyFactor - scaling.LowFrequencyFactor));
    }

    private static double Mix(double frequency, double factor, double kept) => (1 - kept) * frequency / factor + kept * frequency;

    // 1 for places whose frequency turns often enough within the first context, 0 for those that hardly turn, a line in between.
    private static double KeptByYarn(int place, LlamaConfig config, RopeScaling scaling)
    {
        var (first, last) = (PlaceOf(scaling.HighFrequencyFactor), PlaceOf(scaling.LowFrequencyFactor));
        if (scaling.WholeEnds) (first, last) = (Math.Floor(first), Math.Ceiling(last));
        (first, last) = (Math.Max(first, 0), Math.Min(last, config.RotarySize - 1));
        if (first == last) last += 0.001;
        return 1 - Math.Clamp((place - first) / (last - first), 0, 1);

        double PlaceOf(double turns) => config.RotarySize * Math.Log(scaling.OriginalPositions / (turns * 2 * Math.PI)) / (2 * Math.Log(config.RopeTheta));
    }
}

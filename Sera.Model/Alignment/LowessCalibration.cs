using System.Collections.Immutable;

namespace Sera.Model.Alignment;

/// <summary>Reward less weight times what a LOWESS of reward on characters, over all responses of the round, predicts (arXiv 2409.17407).</summary>
internal static class LowessCalibration
{
    public static LengthTerm Fit(IReadOnlyList<ImmutableArray<ScoredLength>> prompts, CalibrationOptions options, double beta)
    {
        var pool = prompts.SelectMany(p => p).ToArray();
        var curve = Lowess.Smooth([.. pool.Select(r => (double)r.Characters)], [.. pool.Select(r => r.Reward)], options.Fraction);
        var terms = curve.ToDictionary(point => (int)point.X, point => options.Weight * point.Y);
        return new LengthTerm(options.Fraction, characters => terms[characters]);
    }
}

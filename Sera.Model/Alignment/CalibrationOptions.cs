namespace Sera.Model.Alignment;

/// <summary>How length is taken out of the rewards of responses before pairs are chosen (docs/methods.md).</summary>
/// <param name="Name">One of <see cref="RewardCalibrations"/>.</param>
/// <param name="Fraction">Share of the responses in a neighbourhood, in (0, 1]; read by lowess only.</param>
/// <param name="Weight">Share of the prediction that is taken off, in [0, 1]; read by lowess only.</param>
public sealed record CalibrationOptions(string Name, double Fraction, double Weight);

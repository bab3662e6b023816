namespace Sera.Model.Alignment;

/// <summary>What a calibration did in one round.</summary>
/// <param name="Parameter">dice: a, in nats a character; lowess: the fraction.</param>
/// <param name="Responses">Responses it was fitted to.</param>
/// <param name="LengthGapBefore">Characters of the best less those of the worst response, mean over the prompts with two fit responses; 0 without such a prompt.</param>
/// <param name="LengthGapAfter">The same, best and worst by the calibrated rewards.</param>
public sealed record CalibrationReport(string Name, double Parameter, int Responses, double LengthGapBefore, double LengthGapAfter);

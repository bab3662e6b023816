using System.Collections.Immutable;

namespace Sera.Model.Alignment;

/// <summary>
/// Takes length out of the rewards of a round's responses, before pairs are chosen among them. Only responses that may enter a pair are fitted and
/// changed: one that is not finite, empty or cut off says nothing about length. The order of the prompts does not matter.
/// </summary>
public static class RewardCalibration
{
    /// <param name="beta">Scale of the implicit reward (loss.beta).</param>
    /// <returns>The prompts with calibrated rewards, and what was done; the prompts as they are and null where the options name no calibration.</returns>
    /// <exception cref="ArgumentException">No calibration of that name.</exception>
    public static (IReadOnlyList<BootstrapPrompt> Prompts, CalibrationReport? Report) Apply(
        IReadOnlyList<BootstrapPrompt> prompts, BootstrapOptions options, double beta)
    {
        if (options.Calibration is not { } calibration) return (prompts, null);
        var calibrate = RewardCalibrations.Find(calibration.Name)
            ?? throw new ArgumentException($"no calibration named '{calibration.Name}', expected {RewardCalibrations.Names}", nameof(options));
        var fit = prompts.Select(p => p.Responses.Where(r => PreferenceBootstrap.IsFit(r, options.KeepTruncated)).Select(Scored).ToImmutableArray()).ToArray();
        var term = calibrate(fit, calibration, beta);
        var pairs = fit.Count(responses => responses.Length > 1);
        return (
            [.. prompts.Select(p => p with
            {
                Responses = [.. p.Responses.Select(r => PreferenceBootstrap.IsFit(r, options.KeepTruncated) ? r with { Reward = r.Reward - term.Of(Characters(r.Text)) } : r)],
            })],
            new CalibrationReport(calibration.Name, term.Parameter, fit.Sum(responses => responses.Length), Gap(_ => 0), Gap(term.Of)));

        double Gap(Func<int, double> of) => pairs == 0 ? 0 : LengthGap.Sum(fit, of) / (double)pairs;
    }

    private static ScoredLength Scored(BootstrapResponse response) => new(response.Reward, Characters(response.Text));

    /// <summary>Code points, as the published scripts count.</summary>
    private static int Characters(string text)
    {
        var count = 0;
        foreach (var _ in text.EnumerateRunes()) count++;
        return count;
    }
}

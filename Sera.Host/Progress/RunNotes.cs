using System.Globalization;
using Sera.Actors.Runs;

namespace Sera.Host.Progress;

/// <summary>The events of a run that a user wants to read about, in one line each.</summary>
internal static class RunNotes
{
    /// <summary>null for events that are only steps on the way.</summary>
    public static string? Of(IRunEvent recorded, RunState state) => recorded switch
    {
        RunResumed => "goes on after a stop",
        RoundOpened { Round: > 0 } e => $"round {e.Round}/{state.Options.Rounds} begins from policy {e.Init.Digest[..12]}",
        PairsSelected { Round: > 1 } e => $"round {e.Round}: kept {e.Result.Statistics.Kept} of {e.Result.Statistics.Candidates} offline pairs",
        PairsBootstrapped e => $"round {e.Round}: {e.Result.Statistics.Kept} pairs from {e.Result.Responses} responses to {e.Result.Prompts} prompts",
        RoundTrained e => string.Create(
            CultureInfo.InvariantCulture, $"round {e.Round}: trained {e.ToStep} steps, loss {state.Rounds[e.Round].TrainLoss:0.####}, policy {e.Policy.Digest[..12]}"),
        PolicyEvaluated e => Measured(e),
        _ => null,
    };

    private static string? Measured(PolicyEvaluated e)
    {
        var parts = new[]
        {
            Percent("answers right", e.Result.EvalAccuracy),
            Percent("held-out reward accuracy", e.Round == 0 ? null : e.Result.RewardAccuracy),
        }.OfType<string>().ToList();
        var what = e.Round == 0 ? "starting policy" : $"round {e.Round}";
        return parts.Count == 0 ? null : $"{what}: {string.Join(", ", parts)}";
    }

    private static string? Percent(string what, double? share) =>
        share is { } value ? string.Create(CultureInfo.InvariantCulture, $"{what} {value * 100:0.0} %") : null;
}

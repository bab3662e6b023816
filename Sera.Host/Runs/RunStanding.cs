using Sera.Actors.Hosting;
using Sera.Actors.Runs;

namespace Sera.Host.Runs;

/// <summary>A run as seen from outside: its folder, its record, its journal, and whether a process works on it.</summary>
/// <param name="State">null where nothing is in the journal yet.</param>
/// <param name="Standing">running, stopped, completed or failed.</param>
internal sealed record RunStanding(RunFolder Run, RunRecord Record, RunState? State, string Standing)
{
    public static async Task<RunStanding> ReadAsync(RunFolder run)
    {
        var state = await RunHistory.ReadAsync(run.Work, run.Id);
        var standing = state?.Status switch
        {
            RunStatus.Completed => "completed",
            RunStatus.Failed => "failed",
            _ => RunLock.IsHeld(run) ? "running" : "stopped",
        };
        return new RunStanding(run, RunRecord.Read(run), state, standing);
    }

    /// <summary>Rounds that are trained and measured; the starting policy's own measurement is none.</summary>
    public int RoundsDone => State?.Rounds.Count(round => round is { Round: > 0, Completed: true }) ?? 0;
}

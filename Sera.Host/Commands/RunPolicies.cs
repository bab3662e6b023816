using Sera.Actors.Hosting;
using Sera.Actors.Runs;
using Sera.Host.Runs;
using Sera.Model.Data;
using Sera.Model.Engine;

namespace Sera.Host.Commands;

/// <summary>The policies of a run, by round.</summary>
internal sealed class RunPolicies
{
    private readonly RunFolder _run;
    private readonly RunState? _state;
    private readonly int _last;

    private RunPolicies(RunFolder run, RunState? state)
    {
        (_run, _state) = (run, state);
        _last = state?.Rounds.Where(each => each.Policy is not null).Select(each => each.Round).DefaultIfEmpty(-1).Max() ?? -1;
    }

    /// <summary>The last round the run will have.</summary>
    public int Rounds => _state?.Options.Rounds ?? 0;

    /// <summary>Also of a run that still goes on.</summary>
    public static async Task<RunPolicies> ReadAsync(RunFolder run) => new(run, await RunHistory.ReadAsync(run.Work, run.Id));

    /// <summary>The policy after a round; 0 is the starting policy.</summary>
    /// <exception cref="InputException">The round is not trained, or there is none of that number.</exception>
    public PolicyRef After(int round) => round >= 0 && round <= _last
        ? _state!.PolicyAfter(round)!
        : throw new InputException(_run.Path, $"no policy of round {round} yet", _last < 0 ? "a run with a trained round" : $"a round from 0 to {_last}", $"go on with: {RunConclusion.ResumeCommand(_run)}");
}

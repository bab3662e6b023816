using Akka.Event;
using Sera.Actors.Artifacts;
using Sera.Actors.Journals;
using Sera.Actors.Runs;
using Sera.Model.Data;

namespace Sera.Actors.Control;

/// <summary>Everything that the runs of a journal still read, on as many nodes as results are: runs at work before those that rest.</summary>
internal sealed class CopyRepair(JournalDatabase journal, ExchangedArtifacts artifacts, ILoggingAdapter log)
{
    public async Task<RepairedCopies> RunAsync(CancellationToken cancellation)
    {
        var states = await Task.Run(Read, cancellation).ConfigureAwait(false);
        return await artifacts.RepairCopiesAsync(
            [.. states.SelectMany(RunArtifacts.Kept).Distinct()], [.. states.SelectMany(RunArtifacts.Policies).Distinct()], cancellation).ConfigureAwait(false);
    }

    /// <summary>A run that cannot be read says so itself when it is gone on with; the others do not wait for that.</summary>
    private List<RunState> Read()
    {
        var states = new List<RunState>();
        foreach (var head in journal.Heads())
        {
            try
            {
                if (journal.ReadRun(head.RunId) is { } state) states.Add(state);
            }
            catch (InputException e)
            {
                log.Warning("no copies are counted of what run {0} needs: {1}", head.RunId, e.Message);
            }
        }
        return [.. states.OrderBy(state => state.Status != RunStatus.Running)];
    }
}

using Sera.Actors.Artifacts;
using Sera.Actors.Journals;
using Sera.Actors.Runs;
using Sera.Model.Checkpoints;
using Sera.Model.Data;

namespace Sera.Actors.Hosting;

/// <summary>Deletes what no run of a work folder names, while nobody works on one of them.</summary>
public static class WorkFolderCollection
{
    /// <returns>Artifacts deleted, their bytes, and how many are left.</returns>
    /// <exception cref="InputException">No run is in the folder's journal, another process works on one, or the journal is damaged; nothing is deleted.</exception>
    public static Task<CollectedArtifacts> RunAsync(string workFolder, CancellationToken cancellation = default) =>
        Task.Run(() => Run(workFolder, ArtifactSettings.From(NodeConfiguration.Common()).Grace), cancellation);

    internal static CollectedArtifacts Run(string workFolder, TimeSpan grace)
    {
        var journal = new JournalFile(workFolder);
        var ids = journal.RunIds();
        // The folder of a cluster's node has no journal, and all that its artifacts are there for is in the cluster's.
        if (ids.Count == 0) throw new InputException(workFolder, "no run in its journal", "a work folder with runs", "name it with --work, or a cluster with --cluster");
        var held = new List<RunLock>();
        try
        {
            foreach (var id in ids)
            {
                held.Add(RunLock.TryTake(journal.Folder, id)
                    ?? throw new InputException(workFolder, $"another process works on run {id}", "runs that rest", "collect when it has ended"));
            }
            var states = ids.Select(id => journal.ReadRun(id)!).ToList();
            var kept = states.SelectMany(RunArtifacts.Kept).Select(a => a.Sha256)
                .Concat(states.SelectMany(RunArtifacts.Policies).SelectMany(p => new[] { p.Weights, p.Adapter }.OfType<string>())).ToHashSet(StringComparer.Ordinal);
            return ArtifactCollection.Collect(new ArtifactStore(workFolder), kept, DateTime.UtcNow - grace);
        }
        finally
        {
            foreach (var taken in held) taken.Dispose();
        }
    }
}

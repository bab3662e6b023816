using Sera.Actors.Runs;
using Sera.Host.Outputs;
using Sera.Host.Reports;
using Sera.Host.Runs;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;

namespace Sera.Host.Cluster;

/// <summary>What a run in a cluster leaves, written here: the artifacts behind it come over first.</summary>
internal static class ClusterOutputs
{
    /// <summary>The aligned policy and the report of a completed run; only the report of one that is not.</summary>
    public static async Task<RunSummary> WriteAsync(
        ControlClient client, RunState state, RunRecord record, RunFolder run, TorchSettings torch, CancellationToken stop)
    {
        var store = new ArtifactStore(run.Work);
        foreach (var artifact in RunArtifacts.Reported(state)) await client.DownloadAsync(store, artifact, stop);
        if (state.FinalPolicy is null || state.Status != RunStatus.Completed) return RunOutputs.WriteReport(state, record, run);
        var bases = new PolicyBases(run.Work);
        if (!bases.Knows(state.Inputs.Policy.Base))
        {
            foreach (var artifact in await DownloadBaseAsync(client, store, state.Inputs.Policy.Base, stop)) await client.DownloadAsync(store, artifact, stop);
            PolicyArtifacts.Materialize(store, bases, Path.Combine(run.Work, "bases"), state.Inputs.Policy.Base);
        }
        torch.Apply();
        using var policies = new PolicyCache(bases, store, torch);
        return RunOutputs.WriteAll(state, record, run, policies);
    }

    private static async Task<IEnumerable<ArtifactRef>> DownloadBaseAsync(ControlClient client, ArtifactStore store, string digest, CancellationToken stop)
    {
        await client.DownloadAsync(store, new ArtifactRef("base", digest, 0), stop);
        return PolicyArtifacts.FilesOf(store, digest);
    }
}

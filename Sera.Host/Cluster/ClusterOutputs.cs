using System.Text;
using System.Text.Json;
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
    /// <summary>The record of a run; where it was submitted elsewhere, its folder is made with its first files.</summary>
    public static async Task<RunRecord> RecordAsync(ControlClient client, RunFolder run, CancellationToken stop)
    {
        if (File.Exists(run.Record)) return RunRecord.Read(run);
        var submitted = await client.GetAsync<SubmittedRun>($"/runs/{Uri.EscapeDataString(run.Id)}", stop);
        var record = submitted.Record.Deserialize<RunRecord>(HostJson.Line) ?? throw new JsonException("null");
        DurableFile.Write(run.RunFile, stream => stream.Write(Encoding.UTF8.GetBytes(submitted.RunFile)));
        record.Write(run);
        return record;
    }

    /// <summary>The aligned policy and the report of a completed run; only the report of one that is not, or that computed nothing.</summary>
    public static async Task<RunSummary> WriteAsync(
        ControlClient client, RunState state, RunRecord record, RunFolder run, TorchSettings torch, CancellationToken stop)
    {
        if (state.FinalPolicy is null || state.Status != RunStatus.Completed || state.IsSimulated)
            return await WriteReportAsync(client, state, record, run, stop);
        var store = new ArtifactStore(run.Work);
        await DownloadAsync(client, store, RunArtifacts.Reported(state).Concat(RunArtifacts.Aligned(state)), stop);
        var bases = new PolicyBases(run.Work);
        if (!bases.Knows(state.Inputs.Policy.Base))
        {
            await DownloadAsync(client, store, [new ArtifactRef(PolicyArtifacts.BaseKind, state.Inputs.Policy.Base, 0)], stop);
            await DownloadAsync(client, store, PolicyArtifacts.FilesOf(store, state.Inputs.Policy.Base), stop);
            PolicyArtifacts.Materialize(store, bases, Path.Combine(run.Work, "bases"), state.Inputs.Policy.Base);
        }
        torch.Apply();
        using var policies = new PolicyCache(bases, store, torch);
        return RunOutputs.WriteAll(state, record, run, policies);
    }

    /// <summary>Summary, metrics and report as far as the run is.</summary>
    public static async Task<RunSummary> WriteReportAsync(ControlClient client, RunState state, RunRecord record, RunFolder run, CancellationToken stop)
    {
        await DownloadAsync(client, new ArtifactStore(run.Work), RunArtifacts.Reported(state), stop);
        return RunOutputs.WriteReport(state, record, run);
    }

    private static async Task DownloadAsync(ControlClient client, ArtifactStore store, IEnumerable<ArtifactRef> artifacts, CancellationToken stop)
    {
        foreach (var artifact in artifacts) await client.DownloadAsync(store, artifact, stop);
    }
}

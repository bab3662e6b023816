using System.Text;
using System.Text.Json;
using Sera.Actors.Runs;
using Sera.Actors.Serialization;
using Sera.Host.Preparation;
using Sera.Host.Runs;
using Sera.Model.Checkpoints;
using Sera.Model.Data;

namespace Sera.Host.Cluster;

/// <summary>Hands a prepared run to a cluster: its inputs first, then the run itself.</summary>
internal static class ClusterSubmission
{
    /// <exception cref="InputException">The cluster refuses the run.</exception>
    public static async Task SubmitAsync(ControlClient client, PreparedRun prepared, RunFolder run, RunRecord record, CancellationToken stop)
    {
        // Before anything large is sent; the cluster looks again.
        if (EngineMatch.Fault((await client.GetAsync<ClusterView>("/nodes", stop)).Work, prepared.Host.Engine.Kind(prepared.Torch)) is { } fault) throw Refused(client, fault);
        var start = prepared.Store(run);
        var store = new ArtifactStore(run.Work);
        foreach (var artifact in Policies(store, prepared).Distinct().Concat(start.Inputs.Artifacts))
        {
            await client.UploadAsync(store, artifact, stop);
        }
        var submission = Of(start, record, await File.ReadAllTextAsync(run.RunFile, Encoding.UTF8, stop));
        var reply = await client.PostAsync<ControlReply>("/runs", submission, stop);
        if (reply.Kind != "accepted") throw Refused(client, reply.Reason ?? reply.Kind);
    }

    /// <summary>What is posted.</summary>
    /// <param name="runFile">Resolved.</param>
    public static Submission Of(StartRun start, RunRecord record, string runFile) => new(
        JsonDocument.Parse(Manifests.Write(start)).RootElement, JsonSerializer.SerializeToElement(record, HostJson.Line), runFile);

    private static IEnumerable<ArtifactRef> Policies(ArtifactStore store, PreparedRun prepared) =>
        new[] { prepared.Policy.Folder, prepared.Base?.Folder, prepared.RewardModel }.OfType<PolicyFolder>().SelectMany(folder => PolicyArtifacts.Store(store, folder));

    private static InputException Refused(ControlClient client, string reason) =>
        new(client.Address, reason, "a run that the cluster takes", "change the run file, or give another cluster");
}

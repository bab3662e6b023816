using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Sera.Benchmarks.Cluster;
using Sera.Host.Cluster;
using Sera.Host.Runs;
using Sera.Model.Checkpoints;
using Sera.Testing;
using Xunit;

namespace Sera.Cluster.Tests.Security;

/// <summary>A client that gets no answer in time, because the cluster is busy, sends its run again.</summary>
[Collection(OneAtATime.Name)]
public sealed class SubmissionTests(ControlNode node) : IClassFixture<ControlNode>
{
    [Fact]
    public async Task A_run_that_is_sent_again_and_again_is_accepted_each_time_and_begun_once()
    {
        using var folder = new TemporaryFolder();
        var workload = Workload.Prepare(folder.Path, 4);
        foreach (var artifact in PolicyArtifacts.Store(workload.Store, workload.Policy).Concat(workload.Start.Inputs.Artifacts))
        {
            var to = new ArtifactStore(node.Work).PathOf(artifact.Sha256);
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(workload.Store.PathOf(artifact.Sha256), to, overwrite: true);
        }
        var submission = workload.Submission(workload.Start);
        using var http = new HttpClient { BaseAddress = node.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ControlNode.Token);
        var replies = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => PostAsync()));
        Assert.All(replies, reply => Assert.Equal(("accepted", workload.Start.RunId), (reply.Kind, reply.RunId)));
        var events = await http.GetFromJsonAsync<ControlEvent[]>($"/runs/{workload.Start.RunId}/events?from=1", HostJson.Line);
        Assert.Equal(1, events!.Count(e => e.Manifest.StartsWith("run-started", StringComparison.Ordinal)));

        var other = await PostAsync(submission with { RunFile = submission.RunFile + "\n# of somebody else" });
        Assert.Equal(("rejected", $"run {workload.Start.RunId} exists; resume it or choose another id"), (other.Kind, other.Reason));

        async Task<ControlReply> PostAsync(Submission? sent = null)
        {
            while (true)
            {
                using var answer = await http.PostAsJsonAsync("/runs", sent ?? submission, HostJson.Line);
                // No coordinator yet: a client sends it again.
                if (answer.StatusCode == HttpStatusCode.ServiceUnavailable) continue;
                return (await answer.Content.ReadFromJsonAsync<ControlReply>(HostJson.Line))!;
            }
        }
    }
}

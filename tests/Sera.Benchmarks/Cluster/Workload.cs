using System.Text.Json;
using Sera.Actors.Runs;
using Sera.Host.Cluster;
using Sera.Host.Configuration;
using Sera.Host.Preparation;
using Sera.Host.Runs;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Testing.Processes;

namespace Sera.Benchmarks.Cluster;

/// <summary>
/// Runs for a cluster that only waits instead of computing: the bundled policy, and pairs of which nothing matters but how many tokens they have.
/// Prepared as `sera run` prepares them, and submitted as it submits them.
/// </summary>
internal sealed class Workload
{
    private readonly RunFolder _folder;
    private readonly PreparedRun _prepared;
    private readonly StartRun _start;
    private int _runs;

    private Workload(RunFolder folder, PreparedRun prepared) => (_folder, _prepared, _start) = (folder, prepared, prepared.Store(folder));

    /// <summary>Of a pair: its prompt and both of its responses, mean of all.</summary>
    public double TokensPerPair => _prepared.Data.Train.Average(pair => pair.PromptTokens.Length + pair.ChosenTokens.Length + pair.RejectedTokens.Length);

    public int Pairs => _prepared.Data.Train.Length;

    /// <summary>What every run begins from.</summary>
    public StartRun Start => _start;

    public PolicyFolder Policy => _prepared.Policy.Folder;

    /// <summary>Where all that it needs lies.</summary>
    public ArtifactStore Store => new(_folder.Work);

    /// <summary>What is posted for it.</summary>
    public Submission Submission(StartRun start) =>
        ClusterSubmission.Of(start, _prepared.Record(start.RunId, DateTimeOffset.UtcNow), RunFileText.Write(_prepared.Settings));

    /// <param name="folder">For the files; must be empty.</param>
    public static Workload Prepare(string folder, int pairs)
    {
        var (rows, prompts) = (Path.Combine(folder, "pairs.jsonl"), Path.Combine(folder, "prompts.jsonl"));
        File.WriteAllLines(rows, Enumerable.Range(0, pairs).Select(i => JsonSerializer.Serialize(
            new { prompt = $"Count from {i:000000} on.", chosen = $"{i:000000}, and so on until the end.", rejected = $"I never learned to count from {i:000000} on." })));
        File.WriteAllLines(prompts, Enumerable.Range(0, pairs).Select(i => JsonSerializer.Serialize(new { prompt = $"Count from {i:000000} on." })));
        var settings = RunFile.Parse(
            Path.Combine(folder, "run.conf"),
            $$"""
            sera {
              run { name = benchmark, rounds = 1, policy = "{{Path.Combine(SeraProcess.Repository, "samples", "policy")}}" }
              data { pairs = "{{rows}}", prompts = "{{prompts}}", held-out = 0 }
              bootstrap { keep = 0 }
              evaluation { max-new-tokens = 64 }
              compute { engine = simulated, threads = 1 }
            }
            """,
            []);
        return new Workload(new RunFolder(Path.Combine(folder, "work"), "benchmark"), RunPreparation.Check(settings, folder, 1, null, _ => { }));
    }

    /// <summary>Sends everything that runs need, once for a cluster.</summary>
    public async Task UploadAsync(ControlClient client, CancellationToken stop)
    {
        var store = new ArtifactStore(_folder.Work);
        foreach (var artifact in PolicyArtifacts.Store(store, _prepared.Policy.Folder).Append(_start.Inputs.Pairs.Artifact).Append(_start.Inputs.Prompts!.Artifact))
            await client.UploadAsync(store, artifact, stop);
    }

    /// <summary>A run of its own work: no two runs of a workload share an order, since they differ in how they batch.</summary>
    /// <param name="pairs">Uses only so many, which are scored.</param>
    /// <param name="prompts">Uses only so many, each of which gets one answer.</param>
    /// <param name="shard">Pairs that one scoring order covers, and prompts that one generation order covers.</param>
    /// <returns>Its id.</returns>
    public async Task<string> SubmitAsync(ControlClient client, int pairs, int prompts, int shard, CancellationToken stop)
    {
        var number = ++_runs;
        var store = new ArtifactStore(_folder.Work);
        var rows = new RowSource(store.Write("pairs", RowFile.Write(_prepared.Data.Train.Take(pairs), RowJson.Default.PairRow)), pairs);
        var asked = new RowSource(store.Write("prompts", RowFile.Write(_prepared.Data.Prompts.Take(prompts), RowJson.Default.PromptRow)), prompts);
        foreach (var source in new[] { rows, asked }) await client.UploadAsync(store, source.Artifact, stop);
        var start = _start with
        {
            RunId = FormattableString.Invariant($"benchmark-{number}"),
            Options = _start.Options with
            {
                Shards = new(shard, shard, 4096 + number, 64 + number),
                Evaluation = _start.Options.Evaluation with { Shown = prompts },
            },
            Inputs = _start.Inputs with { Pairs = rows, Prompts = asked },
        };
        var reply = await client.PostAsync<ControlReply>("/runs", Submission(start), stop);
        return reply.Kind == "accepted" ? start.RunId : throw new InvalidOperationException($"the cluster refuses {start.RunId}: {reply.Reason}");
    }

    /// <summary>Ends it, so that its orders are in nobody's way.</summary>
    public static Task CancelAsync(ControlClient client, string runId, CancellationToken stop) =>
        client.PostAsync<ControlReply>($"/runs/{runId}/cancel", null, stop);
}

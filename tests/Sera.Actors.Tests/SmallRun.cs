using Akka.Configuration;
using Microsoft.Data.Sqlite;
using Sera.Actors.Hosting;
using Sera.Actors.Runs;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using Xunit;

namespace Sera.Actors.Tests;

/// <summary>A work folder of its own with the inputs of a run of 20 pairs, 10 prompts, 5 held-out pairs and 4 evaluation prompts.</summary>
internal sealed class SmallRun : IDisposable
{
    public const string Id = "small";

    /// <summary>Every message goes through its serializer, except those that the journal plugin sends itself.</summary>
    private const string ActorTests = """
        akka.actor.serialize-messages = on
        akka.actor.serializers.by-reference = "Sera.Actors.Tests.ByReferenceSerializer, Sera.Actors.Tests"
        akka.actor.serialization-bindings {
          "Akka.Persistence.Sql.Journal.Types.WriteFinished, Akka.Persistence.Sql" = by-reference
          "Akka.Persistence.Journal.AsyncWriteJournal+Desequenced, Akka.Persistence" = by-reference
        }

        """;

    private const int Pairs = 20;
    private const int Prompts = 10;

    public SmallRun()
    {
        Store = new ArtifactStore(Folder);
        Inputs = WriteInputs(Store);
    }

    public static RunOptions Options { get; } = new(
        Seed: 7,
        Rounds: 3,
        new LossOptions("dpo", 0.1, 0.5),
        new SelectionOptions(0.6, 0.3),
        new BootstrapOptions(0.5, 3, KeepTruncated: false),
        new RoundPolicyOptions(PolicyChoice.Previous, PolicyChoice.Sft, PolicyChoice.Sft),
        new SamplingOptions(0.7, 0.95, 0, 16, [2]),
        new TrainingOptions(new LoraOptions(4, 8, ["q_proj"]), 2, 1e-3, 0.1, 0, 1, 4, 512, 3),
        new EvaluationOptions(16, 2),
        new ShardOptions(ScorePairs: 8, GeneratePrompts: 4, ScoreBatchTokens: 256, GenerateBatch: 8));

    public string Folder { get; } = Directory.CreateTempSubdirectory("sera-actors-").FullName;

    public ArtifactStore Store { get; }

    public RunInputs Inputs { get; }

    public StartRun Start(RunOptions? options = null, string id = Id) => new(id, options ?? Options, Inputs, "fake");

    public Task<SeraNode> NodeAsync(int workers = 1, Action<string>? onQuantum = null, string overrides = "") => SeraNode.StartAsync(
        new NodeOptions(Folder, workers, workers, workers, () => new FakeEngine(new ArtifactStore(Folder), onQuantum)),
        ConfigurationFactory.ParseString(ActorTests + overrides), CancellationToken.None);

    /// <summary>Runs to the end; the last state.</summary>
    public async Task<RunState> RunAsync(int workers = 1, RunOptions? options = null, string id = Id, Action<string>? onQuantum = null)
    {
        await using var node = await NodeAsync(workers, onQuantum);
        var reply = await node.StartRunAsync(Start(options, id));
        Assert.Equal(new RunReply(id, RunReplyKind.Accepted), reply);
        return await LastAsync(node, id);
    }

    public static async Task<RunState> LastAsync(SeraNode node, string id = Id)
    {
        RunState? state = null;
        await foreach (var update in node.WatchAsync(id))
        {
            if (update is RunUpdate.Recorded recorded) state = recorded.State;
        }
        return state!;
    }

    /// <summary>What must not depend on interruptions, workers or lost files.</summary>
    public static string Digests(RunState state) => string.Join(" ", state.Rounds.Select(r => $"{r.Policy!.Digest}:{r.Evaluated!.Result}"));

    /// <summary>Leaves the events up to one of them, and no memory of results.</summary>
    public void CutJournal(int last)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(Folder, "journal", "events.db")}");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"DELETE FROM journal WHERE sequence_number > {last}";
        command.ExecuteNonQuery();
        Directory.Delete(Path.Combine(Folder, "index"), recursive: true);
    }

    private static RunInputs WriteInputs(ArtifactStore store)
    {
        RowSource Write<T>(string kind, IReadOnlyCollection<T> rows, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
            new(store.Write(kind, RowFile.Write(rows, type)), rows.Count);

        PairRow Pair(string id, int i) => new(
            id, $"prompt {i}", $"good {i}", $"bad {i}", [1, i + 10], [i + 100, i + 101, 2], [i + 200, 2], Flipped: i % 5 == 0);

        return new RunInputs(
            new PolicyRef(new string('a', 64)),
            Write("pairs", [.. Enumerable.Range(0, Pairs).Select(i => Pair($"p{i}", i))], RowJson.Default.PairRow),
            Write("prompts", [.. Enumerable.Range(0, Prompts).Select(i => new PromptRow($"q{i}", $"ask {i}", [1, i + 300]))], RowJson.Default.PromptRow),
            Write("pairs", [.. Enumerable.Range(50, 5).Select(i => Pair($"h{i}", i))], RowJson.Default.PairRow),
            Write("evaluation", [.. Enumerable.Range(0, 4).Select(i => new EvalRow(
                $"e{i}", $"what {i}", [1, i + 400], new AnswerCheck("any", [.. Enumerable.Range(1000, 50).Select(k => $"text {k}")])))], RowJson.Default.EvalRow));
    }

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(Folder, recursive: true);
    }
}

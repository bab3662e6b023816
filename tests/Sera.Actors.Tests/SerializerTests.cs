using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Akka.Actor;
using Akka.Configuration;
using CsCheck;
using Sera.Actors.Artifacts;
using Sera.Actors.Runs;
using Sera.Actors.Serialization;
using Sera.Actors.Work;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;
using Xunit;

namespace Sera.Actors.Tests;

/// <summary>
/// The approved bytes of every message and event lie in Wire/, one file a manifest. A difference means that a journal written before could read
/// differently: give the message a new version instead. SERA_APPROVE=1 writes files that are missing.
/// </summary>
public sealed class SerializerTests
{
    public static TheoryData<string> EveryManifest => [.. Examples().Select(Manifests.Of)];

    [Fact]
    public void Every_manifest_has_an_example_and_every_wire_message_a_manifest()
    {
        Assert.Equal(Manifests.All.Select(t => t.Manifest).Order(), Examples().Select(Manifests.Of).Order());
        var marked = typeof(IWireMessage).Assembly.GetTypes().Where(t => t.IsAssignableTo(typeof(IWireMessage)) && !t.IsInterface);
        Assert.Equal(marked.OrderBy(t => t.FullName), Manifests.All.Select(t => t.Type).OrderBy(t => t.FullName));
    }

    [Theory]
    [MemberData(nameof(EveryManifest))]
    public void The_bytes_of_a_message_are_the_approved_ones_and_read_back_to_them(string manifest)
    {
        var message = Examples().Single(e => Manifests.Of(e) == manifest);
        var written = Encoding.UTF8.GetString(Manifests.Write(message));
        var path = Path.Combine(ApprovedFolder(), manifest.Replace(':', '.') + ".json");
        if (!File.Exists(path) && Environment.GetEnvironmentVariable("SERA_APPROVE") == "1") File.WriteAllText(path, written + "\n");
        Assert.True(File.Exists(path), $"{manifest} has no approved file");
        var approved = File.ReadAllText(path).TrimEnd('\n');
        Assert.Equal(approved, written);
        Assert.Equal(approved, Encoding.UTF8.GetString(Manifests.Write(Manifests.Read(manifest, Encoding.UTF8.GetBytes(approved)))));
    }

    [Fact]
    public void What_was_written_before_a_field_joined_still_reads() => Assert.All(
        Directory.GetFiles(Path.Combine(ApprovedFolder(), "Older")),
        path => Assert.NotNull(Manifests.Read(string.Join(':', Path.GetFileName(path).Split('.')[..2]), File.ReadAllBytes(path))));

    [Fact]
    public void The_table_of_the_wire_has_a_line_for_every_manifest_and_no_other()
    {
        var table = File.ReadAllLines(Path.Combine(ApprovedFolder(), "..", "..", "..", "docs", "wire.md")).Where(l => l.StartsWith("| `", StringComparison.Ordinal))
            .Select(l => l.Split('|', StringSplitOptions.TrimEntries)).ToArray();
        Assert.Equal(
            Manifests.All.Select(t => $"`{t.Manifest}` `{t.Type.Name}` {(t.Type.IsAssignableTo(typeof(IRunEvent)) ? "yes" : "no")}").Order(),
            table.Select(cells => $"{cells[1]} {cells[2]} {cells[4]}").Order());
    }

    [Fact]
    public void Every_message_resolves_to_the_one_serializer()
    {
        using var system = ActorSystem.Create("s", ConfigurationFactory.ParseString(
            new StreamReader(typeof(SeraSerializer).Assembly.GetManifestResourceStream("node.conf")!).ReadToEnd()));
        Assert.All(Manifests.All, t => Assert.IsType<SeraSerializer>(system.Serialization.FindSerializerForType(t.Type)));
        Assert.All(Examples(), e =>
        {
            var serializer = (SeraSerializer)system.Serialization.FindSerializerFor(e);
            Assert.Equal(serializer.ToBinary(e), serializer.ToBinary(serializer.FromBinary(serializer.ToBinary(e), serializer.Manifest(e))));
        });
    }

    [Fact]
    public void An_unknown_manifest_a_missing_field_a_null_and_a_strange_enum_are_refused()
    {
        Assert.Throws<NotSupportedException>(() => Manifests.Read("run-started:2", "{}"u8));
        Assert.Throws<NotSupportedException>(() => Manifests.Read("", "{}"u8));
        Assert.Throws<JsonException>(() => Manifests.Read("withdraw-work:1", """{"runId":"r"}"""u8));
        Assert.Throws<JsonException>(() => Manifests.Read("withdraw-work:1", """{"runId":null,"epoch":1}"""u8));
        Assert.Throws<JsonException>(() => Manifests.Read("request-work:1", """{"capability":"cook"}"""u8));
        Assert.Throws<JsonException>(() => Manifests.Read("withdraw-work:1", "null"u8));
        Assert.Throws<ArgumentException>(() => Manifests.Of("text"));
    }

    [Fact]
    public void A_field_of_a_newer_writer_is_ignored() =>
        Assert.Equal(new WithdrawWork("r", 2), Manifests.Read("withdraw-work:1", """{"runId":"r","epoch":2,"later":true}"""u8));

    [Fact]
    public void Bytes_of_an_older_writer_read_with_what_it_did_not_know_left_out()
    {
        Assert.Equal(new RequestWork(WorkKind.Train), Manifests.Read("request-work:1", """{"capability":"train"}"""u8));
        var simulated = new RequestWork(WorkKind.Train, "simulated 9 tokens/s", Engine: EngineKind.Simulated);
        Assert.Equal(simulated, Manifests.Read("request-work:1", Manifests.Write(simulated)));
        Assert.Equal(new RenewLease("w2", 2), Manifests.Read("renew-lease:1", """{"workId":"w2","attempt":2}"""u8));
    }

    [Fact]
    public void What_decides_on_the_pairs_is_written_as_the_run_file_spells_it_and_reads_back()
    {
        var options = SmallRun.Options with
        {
            Selection = new SelectionOptions(0.6, 0.3, Rule: "threshold", Threshold: -0.25),
            Bootstrap = new BootstrapOptions(0.5, 3, false, 6, "best-second"),
            TrainingData = TrainingData.OnPolicy,
        };
        var start = PureWorker.Start(options);
        var written = Manifests.Write(start);
        var text = Encoding.UTF8.GetString(written);
        Assert.Contains("""
            "selection":{"keep":0.6,"ensemble":0.3,"rule":"threshold","threshold":-0.25}
            """.Trim(), text, StringComparison.Ordinal);
        Assert.Contains("""
            "keepTruncated":false,"keepPairs":6,"pairRule":"best-second"}
            """.Trim(), text, StringComparison.Ordinal);
        Assert.Contains("""
            "trainingData":"on-policy"
            """.Trim(), text, StringComparison.Ordinal);
        var read = ((StartRun)Manifests.Read(Manifests.Of(start), written)).Options;
        Assert.Equal((options.Selection, options.Bootstrap, options.TrainingData), (read.Selection, read.Bootstrap, read.TrainingData));
    }

    [Fact]
    public void Numbers_come_back_bit_for_bit_also_those_that_are_not_finite() => Gen.Long.Select(BitConverter.Int64BitsToDouble).Sample(value =>
    {
        var effort = new WorkCompleted(1, new WorkResult("w", new Effort(WorkKind.Score, value, 1)));
        var read = (WorkCompleted)Manifests.Read(Manifests.Of(effort), Manifests.Write(effort));
        Assert.True(double.IsNaN(value) ? double.IsNaN(read.Result.Effort.Seconds) : value.Equals(read.Result.Effort.Seconds));
    });

    private static IEnumerable<object> Examples()
    {
        var at = PureWorker.Now;
        var (policy, trained) = (new PolicyRef("base"), new PolicyRef("base", Adapter: "adapter"));
        var effort = new Effort(WorkKind.Score, 1.25, 640);
        ArtifactRef Artifact(string kind) => new(kind, kind + "-sha", 12);
        var rollouts = new GeneratedRollouts(Artifact("rollouts"), 4, 12, 300, 1);
        var selected = new SelectedPairs(Artifact("training-pairs"), Artifact("margins"), PureWorker.Statistics(12), new NoiseAudit(0.2, 0.05));
        var bootstrapped = new BootstrappedPairs(Artifact("training-pairs"), Artifact("margins"), 10, 30, PureWorker.Statistics(5) with
        {
            RewardAccuracy = null,
            MarginMean = null,
            MarginQuantiles = null,
        });
        var means = new TrainingMeans(3, 0.6, 0.1, 0.75, 0.05, -0.05, 1.5);
        var checkpointed = new TrainedSegment(Artifact("checkpoint"), null, null, Artifact("metrics"), means);
        var finished = new TrainedSegment(null, Artifact("adapter"), trained, Artifact("metrics"), means);
        var measured = new MeasuredPolicy(Artifact("answers"), 4, 0.5, 5, 0.6, 0.1);
        var options = SmallRun.Options;
        var scores = new MarginScores([Artifact("scores")], []);
        ImmutableArray<WorkOrder> orders =
        [
            new("w1", WorkKind.Generate, "r", 2, 12, Generate: new(trained, Artifact("prompts"), 0, 4, 3, options.Sampling, ulong.MaxValue, 8)),
            new("w2", WorkKind.Score, "r", 2, 4, Score: new(policy, Artifact("rollouts"), ScoredRowKind.Rollouts, 0, 4, 256)),
            new("w3", WorkKind.Select, "r", 2, 1, Select: new(Artifact("pairs"), options.Selection, options.Loss, scores, null, [])),
            new("w4", WorkKind.Bootstrap, "r", 2, 1, Bootstrap: new([Artifact("rollouts")], options.Bootstrap, 0.3, options.Loss, scores, scores, [Artifact("scores")])),
            new("w5", WorkKind.Train, "r", 2, 3, Train: new(new TrainingSegment(policy, [Artifact("training-pairs")], null, options.Training, options.Loss, 9, 0, 3, 8))),
            new("w6", WorkKind.Evaluate, "r", 2, 1, Evaluate: new([Artifact("rollouts")], Artifact("evaluation"), null, null, options.Loss)),
            new("w7", WorkKind.Gradient, "r/train-w5", 2, 2, Gradient: new(new GradientRequest(
                policy, Artifact("parameters"), [Artifact("training-pairs")], options.Training.Lora, options.Loss, [4, 1], 4))),
        ];
        var inputs = new RunInputs(policy, new RowSource(Artifact("pairs"), 20), new RowSource(Artifact("prompts"), 10));
        return
        [
            new StartRun("r", options, inputs, "cpu"),
            new ResumeRun("r", "cpu"),
            new PauseRun("r"),
            new CancelRun("r"),
            new RecordWork("r", 2, new WorkResult("w2", effort, Scored: new ScoredRows(Artifact("scores"), 4))),
            new GiveUpWork("r", 2, "w2", WorkFailureKind.NonFinite, "why"),
            new RunReply("r", RunReplyKind.Rejected, "why"),
            new RunStarted("r", options with { Training = options.Training with { Lora = null } }, inputs, "cpu", at),
            new RunResumed("cpu", at),
            new RunPaused(at),
            new RunCancelled(at),
            new RoundOpened(1, policy, policy, at),
            new RolloutsRecorded(2, RolloutPurpose.Bootstrap, 0, 4, "w1", rollouts, effort, at),
            new ScoresRecorded(2, trained, "rows-sha", 0, 8, "w2", new ScoredRows(Artifact("scores"), 8), effort, at),
            new PairsSelected(2, "w3", selected, effort, at),
            new PairsBootstrapped(2, "w4", bootstrapped, effort, at),
            new TrainingCheckpointed(2, 0, 3, "w5", checkpointed, effort, at),
            new CheckpointsLost(2, "why", at),
            new RoundTrained(2, 6, 8, trained, "w6", finished, effort, at),
            new PolicyEvaluated(2, "w7", measured, effort, at),
            new RoundCompleted(2, trained, at),
            new RunCompleted(trained, at),
            new RunFailed(WorkFailureKind.Damaged, "why", at),
            new AnnounceWork("r", 2, orders),
            new WithdrawWork("r", 2),
            new WorkRecorded("r", "w2"),
            new RequestWork(WorkKind.Train, "cuda:0"),
            new LeaseGranted(orders[1], 2, at, 2),
            new RenewLease("w2", 2, new WorkProgress(1, 4, 50), "cuda:0"),
            new ReturnLease("w2", 2),
            new LeaseRevoked("w2", 2),
            new WorkCompleted(2, new WorkResult("w1", effort, Generated: rollouts)),
            new WorkFailed("w2", 2, WorkFailureKind.Disk, "why"),
            new WorkAcknowledged("w2", 2),
            new FindArtifacts(["sha-1", "sha-2"]),
            new ArtifactsFound([new FoundArtifact("sha-1", 12)]),
            new StreamArtifact("sha-1", 65536),
            new ArtifactRefused("sha-1", "why"),
            new KeepArtifact("sha-1", Recheck: true),
            new ArtifactKept("sha-1", KeepState.Failed, "why"),
            new DiscardArtifacts(["sha-1"]),
            new CollectArtifacts("sha-1"),
            new ArtifactsCollected(3, 36, 9, "why"),
            new GetWorkOverview(),
            new WorkOverview(
                [
                    new("akka://sera@host:1/user/scoring-1", WorkKind.Score, "cuda:0", "w2", "r", 2, new WorkProgress(1, 4, 50), 512.5, 3),
                    new("akka://sera@host:2/user/training-1", WorkKind.Train, null, null, null, null, null, null, 0),
                ],
                [new("r", 5, 1)], [new("r", 2, WorkKind.Score, 1, 4, 50)]),
        ];
    }

    private static string ApprovedFolder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Wire");
}

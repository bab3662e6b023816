using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Sera.Actors.Artifacts;
using Sera.Actors.Hosting;
using Sera.Actors.Journals;
using Sera.Actors.Work;

namespace Sera.Host.Cluster;

/// <summary>A run as a client hands it in.</summary>
/// <param name="Start">StartRun under its wire form (docs/wire.md).</param>
/// <param name="Record">run.json.</param>
/// <param name="RunFile">The resolved run file.</param>
internal sealed record Submission(JsonElement Start, JsonElement Record, string RunFile);

/// <summary>What was decided about a run before its first event.</summary>
internal sealed record SubmittedRun(JsonElement Record, string RunFile);

/// <summary>An event of a run as the journal has it.</summary>
internal sealed record ControlEvent(long Sequence, string Manifest, JsonElement Event)
{
    public static ControlEvent Of(StoredEvent stored) => new(stored.Sequence, stored.Manifest, JsonDocument.Parse(stored.Message).RootElement);

    public StoredEvent Stored() => new(Sequence, Manifest, Encoding.UTF8.GetBytes(Event.GetRawText()));
}

/// <summary>A run in a list.</summary>
/// <param name="Status">running, completed, failed, paused or cancelled.</param>
internal sealed record ControlRun(string RunId, string Status, long Events)
{
    public static ControlRun Of(RunHead head) => new(
        head.RunId,
        head.Manifest switch
        {
            "run-completed:1" => "completed",
            "run-failed:1" => "failed",
            "run-paused:1" => "paused",
            "run-cancelled:1" => "cancelled",
            _ => "running",
        },
        head.Events);
}

/// <param name="Kind">accepted, rejected, finished or unknown.</param>
internal sealed record ControlReply(string RunId, string Kind, string? Reason);

/// <summary>What a collection deleted.</summary>
/// <param name="Nodes">That collected.</param>
/// <param name="Left">Artifacts on them, copies counted each.</param>
/// <param name="Failures">Of nodes that answered and deleted nothing; one line each.</param>
internal sealed record ControlCollection(int Nodes, int Deleted, long Bytes, int Left, ImmutableArray<string> Failures)
{
    public static ControlCollection Of(ImmutableArray<ArtifactsCollected> answers) => new(
        answers.Count(a => a.Failure is null), answers.Sum(a => a.Deleted), answers.Sum(a => a.Bytes), answers.Sum(a => a.Left),
        [.. answers.Select(a => a.Failure).OfType<string>()]);
}

/// <summary>Who is here and what they do.</summary>
internal sealed record ClusterView(ImmutableArray<NodeMember> Members, WorkOverview Work);

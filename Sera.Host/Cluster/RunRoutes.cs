using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Sera.Actors.Hosting;
using Sera.Actors.Journals;
using Sera.Actors.Runs;
using Sera.Actors.Serialization;
using Sera.Model.Engine;

namespace Sera.Host.Cluster;

/// <summary>Runs of a cluster: submitted, followed by their events, paused, cancelled, resumed. Reads come from the journal, commands go to the coordinator.</summary>
internal static class RunRoutes
{
    /// <summary>Events in one answer.</summary>
    public const int Page = 256;

    public static void Map(IEndpointRouteBuilder routes, ClusterNode node)
    {
        routes.MapGet("/nodes", async () => Answer.Json(new ClusterView([.. node.Members()], await node.WorkAsync())));
        routes.MapPost("/collect", async (CancellationToken stop) =>
        {
            Journal(node);
            return Answer.Json(ControlCollection.Of(await node.CollectAsync(stop)));
        });
        routes.MapGet("/runs", () => Answer.Json(Journal(node).Heads().Select(ControlRun.Of)));
        routes.MapPost("/runs", async (HttpRequest request) => await SubmitAsync(node, request));
        routes.MapGet("/runs/{id}", (string id) => Journal(node).ReadRecord(Checked(id)) is { } found
            ? Answer.Json(new SubmittedRun(JsonDocument.Parse(found.Record).RootElement, found.RunFile))
            : Unknown(id));
        routes.MapGet("/runs/{id}/events", (string id, long from) =>
            Answer.Json(Journal(node).ReadEvents(Checked(id), from, Page).Select(ControlEvent.Of)));
        routes.MapGet("/runs/{id}/work", async (string id) => Answer.Json(await node.HeldWorkAsync(Checked(id))));
        routes.MapPost("/runs/{id}/pause", async (string id) => Reply(await node.CommandAsync(new PauseRun(Checked(id)))));
        routes.MapPost("/runs/{id}/cancel", async (string id) => Reply(await node.CommandAsync(new CancelRun(Checked(id)))));
        routes.MapPost("/runs/{id}/resume", async (string id) => await ResumeAsync(node, Checked(id)));
    }

    /// <summary>Inputs are on as many nodes as results are before the run's first event.</summary>
    private static async Task<IResult> SubmitAsync(ClusterNode node, HttpRequest request)
    {
        var submission = await JsonSerializer.DeserializeAsync<Submission>(request.Body, Runs.HostJson.Line, request.HttpContext.RequestAborted)
            ?? throw new BadHttpRequestException("no submission");
        if (submission is not { Start.ValueKind: JsonValueKind.Object, Record.ValueKind: JsonValueKind.Object, RunFile: not null })
            throw new BadHttpRequestException("a submission holds start, record and runFile");
        StartRun start;
        try
        {
            start = (StartRun)Manifests.Read("start-run:1", JsonSerializer.SerializeToUtf8Bytes(submission.Start));
        }
        catch (JsonException e)
        {
            return Answer.Fault(StatusCodes.Status400BadRequest, $"the run cannot be read: {e.Message}");
        }
        var journal = Journal(node);
        if (Known() is { } known) return known;
        var engine = EngineKinds.Of(start.Fingerprint);
        if (EngineMatch.Fault(await node.WorkAsync(), engine) is { } fault) return Reply(new RunReply(start.RunId, RunReplyKind.Rejected, fault));
        await node.SecureInputsAsync(start.Inputs, request.HttpContext.RequestAborted);
        journal.WriteRecord(start.RunId, submission.Record.GetRawText(), submission.RunFile);
        var reply = await node.CommandAsync(start with { Fingerprint = await node.FingerprintAsync(engine) ?? start.Fingerprint });
        // A client that got no answer in time sends the run again while the first one is on its way to the journal.
        return (reply.Kind == RunReplyKind.Rejected ? Known() : null) ?? Reply(reply);

        // Of another run under this id the coordinator says what it says.
        IResult? Known() => journal.ReadEvents(Checked(start.RunId), 1, 1).Count > 0 && journal.ReadRecord(start.RunId)?.RunFile == submission.RunFile
            ? Reply(new RunReply(start.RunId, RunReplyKind.Accepted, "it was submitted before"))
            : null;
    }

    /// <summary>Records on what the run goes on; the reason of an accepted one says where that is not what it was computed on so far.</summary>
    private static async Task<IResult> ResumeAsync(ClusterNode node, string id)
    {
        var state = Journal(node).ReadRun(id);
        var fingerprint = state is null ? null : await node.FingerprintAsync(state.Engine);
        var reply = await node.CommandAsync(new ResumeRun(id, fingerprint));
        return Reply(reply.Kind == RunReplyKind.Accepted && fingerprint is not null && fingerprint != state!.Fingerprint
            ? reply with { Reason = $"run {id} was computed on '{state.Fingerprint}' and goes on with '{fingerprint}'; the last bits of the result may differ" }
            : reply);
    }

    private static JournalDatabase Journal(ClusterNode node) => node.Journal
        ?? throw new BadHttpRequestException("this is not a control node, and only those read the journal", StatusCodes.Status421MisdirectedRequest);

    private static string Checked(string id) => RunIds.Fault(id) is { } fault ? throw new BadHttpRequestException(fault) : id;

    private static IResult Unknown(string id) => Answer.Fault(StatusCodes.Status404NotFound, $"there is no run {id}");

    private static IResult Reply(RunReply reply) => Answer.Json(new ControlReply(reply.RunId, reply.Kind.ToString().ToLowerInvariant(), reply.Reason));
}

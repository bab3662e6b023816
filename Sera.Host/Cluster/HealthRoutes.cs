using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using Sera.Actors.Hosting;

namespace Sera.Host.Cluster;

/// <summary>
/// What a supervisor asks. Live: the process and its actors answer, and its device computes; a process that fails this is to be started again. Ready:
/// it is a member of a cluster with a control node in reach too, and a control node can read its journal; one that is not ready is to be left alone.
/// </summary>
internal static class HealthRoutes
{
    public static void Map(IEndpointRouteBuilder routes, ClusterNode node, DeviceProbe device)
    {
        routes.MapGet("/health/live", async () => Report(await LiveAsync(node, device)));
        routes.MapGet("/health/ready", async () => Report([.. await LiveAsync(node, device), Membership(node), .. await JournalAsync(node)]));
    }

    private static IResult Report(IReadOnlyList<HealthFinding> findings) =>
        Results.Json(new { ok = findings.All(f => f.Ok), findings }, Runs.HostJson.Line, statusCode: findings.All(f => f.Ok) ? 200 : 503);

    private static async Task<HealthFinding[]> LiveAsync(ClusterNode node, DeviceProbe device)
    {
        var actors = node.AnswersAsync();
        var problem = await device.ProblemAsync();
        return
        [
            await actors ? new("actors", true, "answer") : new("actors", false, "do not answer"),
            problem is null ? new("device", true, node.Options.Device) : new("device", false, problem),
        ];
    }

    private static HealthFinding Membership(ClusterNode node) => node.IsJoined
        ? new("cluster", true, $"member {node.Address}")
        : new("cluster", false, "not (yet) a member of a cluster with a control node in reach");

    private static async Task<HealthFinding[]> JournalAsync(ClusterNode node)
    {
        if (node.Journal is not { } journal) return [];
        try
        {
            await journal.ReadSchemaVersionAsync();
            return [new HealthFinding("journal", true, journal.Address)];
        }
        catch (NpgsqlException e)
        {
            return [new HealthFinding("journal", false, $"{journal.Address}: {e.Message.ReplaceLineEndings(" ")}")];
        }
    }

    private sealed record HealthFinding(string What, bool Ok, string Found);
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using Sera.Actors.Hosting;
using Sera.Host.Compute;

namespace Sera.Host.Cluster;

/// <summary>
/// What a supervisor asks. Live: the process answers and its device computes; a process that fails this is to be started again. Ready: it is a member
/// of a cluster with a control node in reach, and a control node can read its journal; one that is not ready is to be left alone.
/// </summary>
internal static class HealthRoutes
{
    public static void Map(IEndpointRouteBuilder routes, ClusterNode node)
    {
        routes.MapGet("/health/live", () => Report([Device()]));
        routes.MapGet("/health/ready", async () => Report([Device(), Membership(node), .. await JournalAsync(node)]));
    }

    private static IResult Report(IReadOnlyList<HealthFinding> findings) =>
        Results.Json(new { ok = findings.All(f => f.Ok), findings }, Runs.HostJson.Line, statusCode: findings.All(f => f.Ok) ? 200 : 503);

    private static HealthFinding Device() => TorchLibrary.Problem() is { } problem ? new("device", false, problem) : new("device", true, "computes");

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

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Sera.Actors.Hosting;
using Sera.Model.Checkpoints;

namespace Sera.Host.Cluster;

/// <summary>
/// Artifacts for clients: inputs come in, results go out, by SHA-256 alone. What this node lacks it gets from another one first; a range may be asked
/// for, so a cut transfer goes on where it stopped. A client that sends other bytes than the name says is refused and nothing is kept.
/// </summary>
internal static class ArtifactRoutes
{
    public static void Map(IEndpointRouteBuilder routes, ClusterNode node)
    {
        routes.MapMethods("/artifacts/{sha}", ["HEAD"], (string sha) =>
            File.Exists(node.Store.PathOf(Checked(sha))) ? Results.Ok() : Results.NotFound());
        routes.MapPut("/artifacts/{sha}", async (string sha, HttpRequest request) =>
        {
            Checked(sha);
            using var pending = node.Store.Create();
            await request.Body.CopyToAsync(pending.Stream, request.HttpContext.RequestAborted);
            return pending.CommitExpected("upload", sha) is null
                ? Answer.Fault(StatusCodes.Status400BadRequest, $"the bytes sent are not {sha}")
                : Results.NoContent();
        });
        routes.MapGet("/artifacts/{sha}", async (string sha, HttpRequest request) =>
        {
            await node.ObtainAsync([new ArtifactRef("artifact", Checked(sha), 0)], request.HttpContext.RequestAborted);
            return Results.File(node.Store.PathOf(sha), "application/octet-stream", enableRangeProcessing: true);
        });
    }

    private static string Checked(string sha) => sha.Length == 64 && sha.All(char.IsAsciiHexDigitLower)
        ? sha
        : throw new BadHttpRequestException("an artifact is named by 64 hex digits, lower case");
}

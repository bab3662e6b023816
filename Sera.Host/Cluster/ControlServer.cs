using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Akka.Actor;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Npgsql;
using Sera.Actors.Hosting;
using Sera.Model.Checkpoints;
using Sera.Model.Data;

namespace Sera.Host.Cluster;

/// <summary>
/// The control endpoint of a node: HTTP on loopback unless told otherwise, with a token for everything but the health of the process. What goes
/// wrong is answered as one line of JSON, and 503 means: the same again in a while.
/// </summary>
internal sealed class ControlServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ControlServer(WebApplication app) => _app = app;

    /// <summary>With the port that was chosen.</summary>
    public string Address => _app.Urls.First();

    /// <exception cref="InputException">The address cannot be listened on.</exception>
    public static async Task<ControlServer> StartAsync(ClusterNode node, NodeSettings settings, DeviceProbe device, NodeTls? tls)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null; // artifacts are as large as policies are
            kestrel.Listen(Resolve(settings.ControlHost), settings.ControlPort, listen => Encrypt(listen, tls));
        });
        var app = builder.Build();
        var token = settings.Token is { } text ? Encoding.UTF8.GetBytes(text) : null;
        app.Use((context, next) => GuardAsync(context, next, token));
        MapRoutes(app, node, device);
        try
        {
            await app.StartAsync();
        }
        catch (IOException e)
        {
            throw new InputException("--control-port", $"{settings.ControlHost}:{settings.ControlPort}: {e.Message}", "an address that is free", "choose another port");
        }
        return new ControlServer(app);
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    /// <summary>Everything that the endpoint answers.</summary>
    internal static void MapRoutes(IEndpointRouteBuilder routes, ClusterNode node, DeviceProbe device)
    {
        HealthRoutes.Map(routes, node, device);
        RunRoutes.Map(routes, node);
        ArtifactRoutes.Map(routes, node);
    }

    private static async Task GuardAsync(HttpContext context, RequestDelegate next, byte[]? token)
    {
        if (token is not null && !context.Request.Path.StartsWithSegments("/health") && !Carries(context.Request, token))
        {
            await Answer.Fault(StatusCodes.Status401Unauthorized, "the token is missing or wrong; set SERA_TOKEN").ExecuteAsync(context);
            return;
        }
        try
        {
            await next(context);
        }
        catch (Exception e) when (!context.Response.HasStarted && e is not OperationCanceledException)
        {
            await Describe(e).ExecuteAsync(context);
        }
    }

    private static IResult Describe(Exception exception) => exception switch
    {
        AskTimeoutException => Answer.Fault(StatusCodes.Status503ServiceUnavailable, "the cluster has no coordinator at the moment"),
        NpgsqlException e => Answer.Fault(StatusCodes.Status503ServiceUnavailable, $"the journal does not answer: {e.Message.ReplaceLineEndings(" ")}"),
        InputException e => Answer.Fault(StatusCodes.Status400BadRequest, e.Message),
        DamagedArtifactException e => Answer.Fault(StatusCodes.Status404NotFound, e.Message),
        Microsoft.AspNetCore.Http.BadHttpRequestException e => Answer.Fault(e.StatusCode, e.Message),
        JsonException e => Answer.Fault(StatusCodes.Status400BadRequest, $"the request cannot be read: {e.Message.ReplaceLineEndings(" ")}"),
        IOException e => Answer.Fault(StatusCodes.Status507InsufficientStorage, e.Message),
        var e => Answer.Fault(StatusCodes.Status500InternalServerError, $"{e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}"),
    };

    /// <summary>Compared in constant time.</summary>
    private static bool Carries(HttpRequest request, byte[] token) =>
        request.Headers.Authorization.ToString() is { } header && header.StartsWith("Bearer ", StringComparison.Ordinal)
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(header["Bearer ".Length..]), token);

    private static void Encrypt(ListenOptions listen, NodeTls? tls)
    {
        if (tls is not null) listen.UseHttps(tls.Own);
    }

    private static IPAddress Resolve(string host)
    {
        try
        {
            return host == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(host, out var address) ? address : Dns.GetHostAddresses(host)[0];
        }
        catch (System.Net.Sockets.SocketException e)
        {
            throw new InputException("--control-host", $"{host}: {e.Message}", "an address of this machine", "correct it");
        }
    }
}

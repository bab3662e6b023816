using Microsoft.AspNetCore.Http;
using Sera.Host.Runs;

namespace Sera.Host.Cluster;

/// <summary>The bodies of the control endpoint.</summary>
internal static class Answer
{
    public static IResult Json<T>(T value) => Results.Json(value, HostJson.Line);

    public static IResult Fault(int status, string error) => Results.Json(new ControlFault(error), HostJson.Line, statusCode: status);
}

/// <param name="Error">One line.</param>
internal sealed record ControlFault(string Error);

using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Sera.Host.Cluster;
using Sera.Host.Runs;
using Sera.Testing.Nodes;

namespace Sera.Benchmarks.Cluster.Recovery;

/// <summary>
/// Sees what a control node says of the cluster, again and again, and when. A question that gets no answer holds up none of the later ones, as while
/// there is no coordinator.
/// </summary>
internal sealed class ClusterWatch : IDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(5);

    private readonly HttpClient _http;

    /// <param name="control">The node that is asked.</param>
    public ClusterWatch(ClusterNode control, string token)
    {
        _http = new HttpClient { BaseAddress = new Uri($"http://{control.Setup.Endpoint}"), Timeout = TimeSpan.FromSeconds(5) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Waits for the first answer that fulfils a condition.</summary>
    /// <param name="what">For the message when it never came.</param>
    /// <returns>When it arrived, in the ticks of <see cref="Stopwatch"/>; up to a beat after it came true.</returns>
    public async Task<long> WhenAsync(string what, Func<ClusterView, bool> condition, CancellationToken stop)
    {
        var seen = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        var end = DateTime.UtcNow + Ceiling;
        while (!seen.Task.IsCompleted)
        {
            if (DateTime.UtcNow > end) throw new TimeoutException($"never seen within {Ceiling}: {what}");
            _ = LookAsync(condition, seen, stop);
            await Task.WhenAny(seen.Task, Task.Delay(Beat, stop));
            stop.ThrowIfCancellationRequested();
        }
        return await seen.Task;
    }

    public void Dispose() => _http.Dispose();

    private async Task LookAsync(Func<ClusterView, bool> condition, TaskCompletionSource<long> seen, CancellationToken stop)
    {
        try
        {
            var view = await _http.GetFromJsonAsync<ClusterView>("/nodes", HostJson.Line, stop);
            if (condition(view!)) seen.TrySetResult(Stopwatch.GetTimestamp());
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException or JsonException)
        {
            // The next one will tell.
        }
    }
}

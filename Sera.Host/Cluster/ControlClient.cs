using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Authentication;
using System.Text.Json;
using Sera.Actors.Hosting;
using Sera.Actors.Insight;
using Sera.Actors.Journals;
using Sera.Host.Runs;
using Sera.Model.Checkpoints;
using Sera.Model.Data;

namespace Sera.Host.Cluster;

/// <summary>
/// A cluster from outside, by the control endpoint of one of its control nodes. While that is away, or the cluster has no coordinator or no journal, a
/// call waits and tries again, and says so once.
/// </summary>
internal sealed class ControlClient : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly HttpClient _http;
    private readonly Action<string> _warn;
    private string? _trouble;

    /// <param name="address">host:port of a control endpoint, or its http or https address.</param>
    /// <param name="warn">Told when the cluster does not answer, and when it does again.</param>
    /// <exception cref="InputException">The address is none, or the certificates cannot be read.</exception>
    public ControlClient(string address, Action<string> warn)
    {
        var tls = Environment.GetEnvironmentVariable("SERA_TLS") is { Length: > 0 } folder
            ? NodeTls.Load(folder, Environment.GetEnvironmentVariable("SERA_TLS_PASSWORD"))
            : null;
        var full = address.Contains("://", StringComparison.Ordinal) ? address : $"{(tls is null ? "http" : "https")}://{address}";
        if (!Uri.TryCreate(full, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw new InputException("--cluster", $"'{address}'", "host:port of the control endpoint of a control node", "correct it");
        var handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5) };
        if (tls is not null)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                tls.Accepts(certificate as System.Security.Cryptography.X509Certificates.X509Certificate2);
        }
        _http = new HttpClient(handler) { BaseAddress = uri, Timeout = Timeout.InfiniteTimeSpan };
        if (Environment.GetEnvironmentVariable("SERA_TOKEN") is { Length: > 0 } token)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        (_warn, Address) = (warn, address);
    }

    public string Address { get; }

    public Task<T> GetAsync<T>(string path, CancellationToken stop) => CallAsync<T>(() => new HttpRequestMessage(HttpMethod.Get, path), stop);

    public Task<T> PostAsync<T>(string path, object? body, CancellationToken stop) =>
        CallAsync<T>(() => new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body, options: HostJson.Line) }, stop);

    public async Task<IReadOnlyList<StoredEvent>> EventsAsync(string runId, long from, CancellationToken stop) =>
        [.. (await GetAsync<ControlEvent[]>(FormattableString.Invariant($"/runs/{runId}/events?from={from}"), stop)).Select(e => e.Stored())];

    public Task<HeldWork[]> WorkAsync(string runId, CancellationToken stop) => GetAsync<HeldWork[]>($"/runs/{runId}/work", stop);

    /// <summary>Sends an artifact of the local store that the cluster lacks.</summary>
    public async Task UploadAsync(ArtifactStore store, ArtifactRef artifact, CancellationToken stop)
    {
        var path = $"/artifacts/{artifact.Sha256}";
        using var head = await AnswerAsync(() => new HttpRequestMessage(HttpMethod.Head, path), accept404: true, stop);
        if (head.StatusCode != HttpStatusCode.NotFound) return;
        using var put = await AnswerAsync(
            () => new HttpRequestMessage(HttpMethod.Put, path) { Content = new StreamContent(File.OpenRead(store.PathOf(artifact.Sha256))) }, false, stop);
    }

    /// <summary>Gets an artifact into the local store; nothing when it is there.</summary>
    public async Task DownloadAsync(ArtifactStore store, ArtifactRef artifact, CancellationToken stop)
    {
        if (File.Exists(store.PathOf(artifact.Sha256))) return;
        for (var attempt = 0; ; attempt++)
        {
            using var answer = await AnswerAsync(() => new HttpRequestMessage(HttpMethod.Get, $"/artifacts/{artifact.Sha256}"), false, stop);
            using var pending = store.Create();
            try
            {
                await answer.Content.CopyToAsync(pending.Stream, stop);
                if (pending.CommitExpected(artifact.Kind, artifact.Sha256) is not null) return;
                if (attempt >= 3) throw new DamagedArtifactException(artifact, $"{Address}/artifacts/{artifact.Sha256}", "its content does not match its name");
            }
            catch (Exception e) when (e is HttpRequestException or HttpIOException && attempt < 30)
            {
                Trouble(e.Message);
                await Task.Delay(Pause, stop);
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<T> CallAsync<T>(Func<HttpRequestMessage> request, CancellationToken stop)
    {
        using var answer = await AnswerAsync(request, false, stop);
        return await answer.Content.ReadFromJsonAsync<T>(HostJson.Line, stop) ?? throw new JsonException("null");
    }

    private async Task<HttpResponseMessage> AnswerAsync(Func<HttpRequestMessage> request, bool accept404, CancellationToken stop)
    {
        while (true)
        {
            string trouble;
            try
            {
                using var message = request();
                var answer = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, stop);
                if (answer.IsSuccessStatusCode || (accept404 && answer.StatusCode == HttpStatusCode.NotFound))
                {
                    Trouble(null);
                    return answer;
                }
                using (answer)
                {
                    var fault = await FaultAsync(answer, stop);
                    if (answer.StatusCode != HttpStatusCode.ServiceUnavailable)
                        throw new InputException(Address, fault, "an answer of the cluster", Remedy(answer.StatusCode));
                    trouble = fault;
                }
            }
            catch (HttpRequestException e) when (e.InnerException is AuthenticationException refused)
            {
                // Waiting makes no other authority of it.
                throw new InputException(
                    Address, $"no connection that can be trusted: {refused.Message.ReplaceLineEndings(" ")}", "a certificate of the cluster's authority at both ends",
                    "set SERA_TLS to a folder with the cluster's ca.pem and a node.pfx of that authority");
            }
            catch (HttpRequestException e)
            {
                trouble = e.Message;
            }
            Trouble(trouble);
            await Task.Delay(Pause, stop);
        }
    }

    private void Trouble(string? trouble)
    {
        if (trouble == _trouble) return;
        if (trouble is not null) _warn($"{Address}: {trouble}; waiting");
        else _warn($"{Address} answers again");
        _trouble = trouble;
    }

    private static async Task<string> FaultAsync(HttpResponseMessage answer, CancellationToken stop)
    {
        try
        {
            return (await answer.Content.ReadFromJsonAsync<ControlFault>(HostJson.Line, stop))?.Error ?? $"{(int)answer.StatusCode}";
        }
        catch (JsonException)
        {
            return $"status {(int)answer.StatusCode}";
        }
    }

    private static string Remedy(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized => "set SERA_TOKEN to the cluster's token",
        HttpStatusCode.MisdirectedRequest => "give the control endpoint of a control node",
        HttpStatusCode.NotFound => "list runs with: sera runs --cluster <address>",
        _ => "see the node's log",
    };
}

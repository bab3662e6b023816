using System.Diagnostics;
using System.Text.Json;
using Sera.Testing;
using Xunit;

namespace Sera.Cluster.Tests;

/// <summary>The small sample run, never interrupted: what every disturbed one must equal.</summary>
[CollectionDefinition(Collection, DisableParallelization = true)]
public sealed class UndisturbedRun : IAsyncLifetime, ICollectionFixture<UndisturbedRun>
{
    /// <summary>The tests that compare with it share one.</summary>
    public const string Collection = "undisturbed run";

    private readonly TemporaryFolder _folder = new();

    public string Work => _folder.Path;

    public TimeSpan Elapsed { get; private set; }

    public JsonElement Summary { get; private set; }

    public async Task InitializeAsync()
    {
        var clock = Stopwatch.StartNew();
        await SampleRuns.CompleteAsync(SampleRuns.Chosen(Work));
        Elapsed = clock.Elapsed;
        Summary = SampleRuns.Summary(Work);
    }

    public Task DisposeAsync()
    {
        _folder.Dispose();
        return Task.CompletedTask;
    }
}

using System.Text.Json;
using Sera.Testing;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Cluster.Tests;

/// <summary>
/// The promise of Sera, on real processes: kill -9 at any moment, resume, the same policy to the last bit. SERA_KILLS sets how often the
/// process is killed (default 6), SERA_KILL_SEED when, SERA_KILL_RUN=quickstart that the whole quickstart is disturbed instead of a small run.
/// </summary>
[Collection(UndisturbedRun.Collection)]
public sealed class KillAndResumeTests(UndisturbedRun undisturbed)
{
    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("SERA_KILLS") ?? "6");
    private static readonly int Seed = int.Parse(Environment.GetEnvironmentVariable("SERA_KILL_SEED") ?? "1");

    [Fact]
    public async Task Killed_at_random_moments_and_resumed_a_run_ends_in_the_same_bits() => await KilledAsync(undisturbed.Summary, Kills, Seed);

    [Fact]
    public async Task Also_in_bf16_a_killed_run_ends_in_the_bits_of_an_undisturbed_one()
    {
        const string inBf16 = "compute.dtype=bf16";
        using var whole = new TemporaryFolder();
        await SampleRuns.CompleteAsync(SampleRuns.Chosen(whole.Path, inBf16));
        var expected = SampleRuns.Summary(whole.Path);
        Assert.NotEqual(SampleRuns.Digest(undisturbed.Summary), SampleRuns.Digest(expected));
        await KilledAsync(expected, 3, Seed + 1, inBf16);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Any_number_of_workers_ends_in_the_same_bits(int workers)
    {
        using var work = new TemporaryFolder();
        await SampleRuns.CompleteAsync(SampleRuns.Chosen(
            work.Path, $"compute.workers.generate={workers}", $"compute.workers.score={workers}", $"compute.workers.train={workers}"));
        var summary = SampleRuns.Summary(work.Path);
        Assert.Equal(SampleRuns.Digest(undisturbed.Summary), SampleRuns.Digest(summary));
        Assert.Equal(SampleRuns.Rounds(undisturbed.Summary), SampleRuns.Rounds(summary));
    }

    [Fact]
    public async Task Resuming_a_finished_run_says_so_and_changes_nothing()
    {
        var before = SampleRuns.Rounds(SampleRuns.Summary(undisturbed.Work));
        var outcome = await SeraProcess.RunAsync("resume", "--work", undisturbed.Work);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("has completed; there is nothing to resume", outcome.Out);
        Assert.Equal(before, SampleRuns.Rounds(SampleRuns.Summary(undisturbed.Work)));
    }

    /// <summary>Kills so many processes, of one run or, where it ends before, of several; every one of them ends as expected.</summary>
    private async Task KilledAsync(JsonElement expected, int kills, int seed, params string[] set)
    {
        var random = new Random(seed);
        // Spread over the time an undisturbed run takes, but never so short that all kills hit the start of the process.
        var longest = TimeSpan.FromSeconds(Math.Max(6, undisturbed.Elapsed.TotalSeconds / kills * 2));
        for (var died = 0; died < kills;)
        {
            using var work = new TemporaryFolder();
            while (died < kills && await KilledAsync(Arguments(work.Path, set), random.NextDouble() * longest)) died++;
            await SampleRuns.CompleteAsync(Arguments(work.Path, set));
            var summary = SampleRuns.Summary(work.Path);
            Assert.Equal(SampleRuns.Digest(expected), SampleRuns.Digest(summary));
            Assert.Equal(SampleRuns.Rounds(expected), SampleRuns.Rounds(summary));
            Assert.Empty(Directory.GetFiles(Path.Combine(work.Path, "artifacts", "tmp")));
        }
    }

    /// <summary>To begin a run, or to go on with the one that is there.</summary>
    private static string[] Arguments(string work, string[] set) =>
        Directory.EnumerateFiles(work, "run.json", SearchOption.AllDirectories).Any() ? ["resume", "--work", work] : SampleRuns.Chosen(work, set);

    /// <returns>Whether it still ran when it was killed.</returns>
    private static async Task<bool> KilledAsync(string[] arguments, TimeSpan after)
    {
        using var process = SeraProcess.Start(arguments);
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await Task.WhenAny(process.WaitForExitAsync(), Task.Delay(after));
        var ran = !process.HasExited;
        if (ran) process.Kill();
        await process.WaitForExitAsync();
        var text = await output;
        Assert.True(ran || process.ExitCode == 0, $"sera {string.Join(' ', arguments)} ended with {process.ExitCode}: {text[1]}");
        return ran;
    }
}

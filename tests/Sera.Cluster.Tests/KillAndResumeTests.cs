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
    public async Task Killed_at_random_moments_and_resumed_a_run_ends_in_the_same_bits()
    {
        using var work = new TemporaryFolder();
        var random = new Random(Seed);
        // Spread over the time an undisturbed run takes, but never so short that all kills hit the start of the process.
        var longest = TimeSpan.FromSeconds(Math.Max(6, undisturbed.Elapsed.TotalSeconds / Kills * 2));
        var died = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            var arguments = Started(work.Path) ? ["resume", "--work", work.Path] : SampleRuns.Chosen(work.Path);
            if (await KilledAsync(arguments, random.NextDouble() * longest)) died++;
        }
        await SampleRuns.CompleteAsync(Started(work.Path) ? ["resume", "--work", work.Path] : SampleRuns.Chosen(work.Path));
        var summary = SampleRuns.Summary(work.Path);
        Assert.True(died > 0, "no process was killed before it ended");
        Assert.Equal(SampleRuns.Digest(undisturbed.Summary), SampleRuns.Digest(summary));
        Assert.Equal(SampleRuns.Rounds(undisturbed.Summary), SampleRuns.Rounds(summary));
        Assert.Empty(Directory.GetFiles(Path.Combine(work.Path, "artifacts", "tmp")));
    }

    [Fact]
    public async Task Also_in_bf16_a_killed_run_ends_in_the_bits_of_an_undisturbed_one()
    {
        const string inBf16 = "compute.dtype=bf16";
        using var whole = new TemporaryFolder();
        await SampleRuns.CompleteAsync(SampleRuns.Chosen(whole.Path, inBf16));
        using var work = new TemporaryFolder();
        var random = new Random(Seed + 1);
        var longest = TimeSpan.FromSeconds(Math.Max(6, undisturbed.Elapsed.TotalSeconds * 2 / 3));
        var died = 0;
        for (var kill = 0; kill < 3; kill++)
        {
            var arguments = Started(work.Path) ? ["resume", "--work", work.Path] : SampleRuns.Chosen(work.Path, inBf16);
            if (await KilledAsync(arguments, random.NextDouble() * longest)) died++;
        }
        await SampleRuns.CompleteAsync(Started(work.Path) ? ["resume", "--work", work.Path] : SampleRuns.Chosen(work.Path, inBf16));
        Assert.True(died > 0, "no process was killed before it ended");
        Assert.Equal(SampleRuns.Rounds(SampleRuns.Summary(whole.Path)), SampleRuns.Rounds(SampleRuns.Summary(work.Path)));
        Assert.NotEqual(SampleRuns.Digest(undisturbed.Summary), SampleRuns.Digest(SampleRuns.Summary(work.Path)));
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

    private static bool Started(string work) => Directory.EnumerateFiles(work, "run.json", SearchOption.AllDirectories).Any();

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

using System.Text.Json;
using Sera.Testing;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Cluster.Tests;

/// <summary>Every shipped run file of the bundled sample, on a part of it: three rounds in a real process.</summary>
public sealed class RunFilesTests
{
    public static TheoryData<string> Names => [.. SampleRuns.Files.Select(file => Path.GetFileName(file))];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Runs_to_its_end_and_learns_from_its_pairs(string name)
    {
        using var work = new TemporaryFolder();
        var file = Path.Combine(SeraProcess.Repository, "hocon", "runs", name);
        string[] set = ["run.rounds=3", "training.learning-rate=1e-4"];
        using var models = new TemporaryFolder();
        if (name == "pcrm.conf") set = [.. set, $"reward.source=model:{await RewardModelAsync(models)}"];
        await SampleRuns.CompleteAsync(SampleRuns.SmallOf(file, work.Path, set));
        var rounds = SampleRuns.Summary(work.Path).GetProperty("rounds").EnumerateArray().ToArray();
        Assert.Equal(4, rounds.Length);
        Assert.Equal(4, rounds.Select(r => r.GetProperty("policySha256").GetString()).Distinct().Count());
        // Of 216 pairs some are kept in round 2, some come from the policy, and most of what is trained on is ranked right after it.
        Assert.True(double.IsFinite(rounds[2].GetProperty("trainLoss").GetDouble()));
        Assert.True(rounds[2].GetProperty("bootstrappedKept").GetInt32() > 0);
        // Whose loss reads how alike two policies rank has it, as a share that is neither none nor all.
        Assert.Equal(name == "cream.conf", rounds[2].TryGetProperty("consistency", out var consistency) && consistency.GetDouble() is > 0 and < 1);
        // Against the policy that a round begins with, as CREAM trains, every margin is 0 at first, which counts as wrong.
        Assert.InRange(rounds[2].GetProperty("rewardAccuracy").GetDouble(), name == "cream.conf" ? 0.2 : 0.6, 1);
    }

    /// <summary>Of the bundled pairs, a fifth of whose labels are wrong, so that nothing ranks more than four fifths of them right; 0.65 when this was written.</summary>
    private static async Task<string> RewardModelAsync(TemporaryFolder folder)
    {
        var sample = Path.Combine(SeraProcess.Repository, "samples");
        var model = Path.Combine(folder.Path, "reward-model");
        var outcome = await SeraProcess.RunAsync(
            "reward-model", Path.Combine(sample, "world", "pairs.jsonl"), "--policy", Path.Combine(sample, "policy"), "--prior", "cosine", "--out", model, "--threads", "1", "--json");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        using var result = JsonDocument.Parse(outcome.Out);
        Assert.InRange(result.RootElement.GetProperty("heldOut").GetProperty("accuracy").GetDouble(), 0.58, 0.85);
        return model;
    }
}

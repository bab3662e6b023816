using System.Text.Json;
using Sera.Model.Rewards;
using Sera.Model.Tokenization;
using Sera.Testing;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Host.Tests.Process;

/// <summary>sera reward-model, and a run that goes by what it made.</summary>
public sealed class RewardModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public RewardModelTests()
    {
        TinyPolicy.Write(_folder);
        _folder.File("pairs.jsonl", string.Join('\n', TinyPolicy.Pairs(60)));
    }

    public void Dispose() => _folder.Dispose();

    private string At(string name) => Path.Combine(_folder.Path, name);

    [Fact]
    public async Task Two_are_trained_and_averaged_and_a_run_goes_by_them()
    {
        var first = await TrainAsync("first", "--prior", "cosine", "--seed", "1");
        var again = await TrainAsync("again", "--prior", "cosine", "--seed", "1");
        var second = await TrainAsync("second", "--prior", "length", "--mode", "lora", "--seed", "2");
        Assert.Equal(first.GetProperty("rewardModelSha256").GetString(), again.GetProperty("rewardModelSha256").GetString());
        Assert.NotEqual(first.GetProperty("rewardModelSha256").GetString(), second.GetProperty("rewardModelSha256").GetString());
        Assert.InRange(first.GetProperty("heldOut").GetProperty("accuracy").GetDouble(), 0.9, 1);
        Assert.False(Directory.Exists(At("first.state")));
        using (var config = JsonDocument.Parse(File.ReadAllBytes(At("first/config.json"))))
            Assert.Equal("LlamaForSequenceClassification", config.RootElement.GetProperty("architectures")[0].GetString());

        await RunAsync("reward-model", "--average", At("first"), At("second"), "--out", At("mean"));
        var (one, other, mean) = (Weights("first"), Weights("second"), Weights("mean"));
        Assert.All(one.Zip(other, mean), w => Assert.Equal((w.First + (double)w.Second) / 2, w.Third, 1e-7));
        Assert.Equal(2, RewardModelFolder.ReadRecord(RewardModelFolder.Open(At("mean"))).Members!.Value.Length);

        await RunAsync("run", TinyPolicy.RunFile(_folder), "--work", At("runs"), "--set", $"reward.source=model:{At("mean")}");
        var round = SampleRuns.Summary(At("runs")).GetProperty("rounds")[2];
        Assert.InRange(round.GetProperty("offlineKept").GetInt32(), 1, 60);
        using var record = JsonDocument.Parse(File.ReadAllBytes(Directory.GetFiles(At("runs"), "run.json", SearchOption.AllDirectories).Single()));
        Assert.Equal(RewardModelFolder.Open(At("mean")).Digest, record.RootElement.GetProperty("rewardDigest").GetString());
    }

    [Fact]
    public async Task What_is_no_fitting_reward_model_is_refused_before_anything_is_written()
    {
        await TrainAsync("model", "--mode", "head");
        await RefusedAsync(At("none"), "no such folder");
        await RefusedAsync(At("policy"), "no 'score.weight' in its weights; expected the folder of a reward model");
        BpeTrainer.Train(["another text than that"], new BpeTrainerOptions(280, "<end>", null, []), At("tokenizer"));
        Copy("model", "stranger");
        File.Copy(At("tokenizer/tokenizer.json"), At("stranger/tokenizer.json"), overwrite: true);
        await RefusedAsync(At("stranger"), "a reward model with the tokenizer of");
        Copy("model", "damaged");
        var bytes = File.ReadAllBytes(At("damaged/model.safetensors"));
        // The row of scores is the last of the file, by name.
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 4), float.NaN);
        File.WriteAllBytes(At("damaged/model.safetensors"), bytes);
        await RefusedAsync(At("damaged"), "a number in 'score.weight' that is not finite");
    }

    [Fact]
    public async Task What_does_not_go_together_is_refused()
    {
        await FailsAsync("give either --policy, or --average", "reward-model", At("pairs.jsonl"), "--out", At("x"));
        await FailsAsync("give preference pairs to train on", "reward-model", "--policy", At("policy"), "--out", At("x"));
        await FailsAsync("--prior-scale: without a prior", "reward-model", At("pairs.jsonl"), "--policy", At("policy"), "--out", At("x"), "--prior-scale", "3");
        await FailsAsync("--encoder: with --prior length", "reward-model", At("pairs.jsonl"), "--policy", At("policy"), "--out", At("x"), "--prior", "length", "--encoder", At("policy"));
        await FailsAsync("two folders or more", "reward-model", "--average", At("policy"), "--out", At("x"));
        await FailsAsync("--prior is of a training", "reward-model", "--average", At("policy"), At("policy"), "--out", At("x"), "--prior", "length");
        await FailsAsync("--epochs is of a training", "reward-model", "--average", At("policy"), At("policy"), "--out", At("x"), "--epochs", "2");
        await TrainAsync("model", "--mode", "head");
        TinyPolicy.Write(_folder, "other", seed: 2);
        await RunAsync("reward-model", At("pairs.jsonl"), "--policy", At("other"), "--mode", "head", "--out", At("foreign"));
        await FailsAsync("other reward models that began as", "reward-model", "--average", At("model"), At("foreign"), "--out", At("x"));
    }

    private void Copy(string from, string to)
    {
        Directory.CreateDirectory(At(to));
        foreach (var file in Directory.GetFiles(At(from))) File.Copy(file, Path.Combine(At(to), Path.GetFileName(file)));
    }

    private float[] Weights(string name)
    {
        using var flat = RewardModelFolder.LoadWeights(RewardModelFolder.Open(At(name)));
        return flat.data<float>().ToArray();
    }

    private async Task<JsonElement> TrainAsync(string name, params string[] more)
    {
        var outcome = await RunAsync(
            ["reward-model", At("pairs.jsonl"), "--policy", At("policy"), "--out", At(name), "--held-out", "0.3", "--epochs", "6", "--lr", "2e-2", "--batch", "8", "--threads", "1", "--json", .. more]);
        using var document = JsonDocument.Parse(outcome);
        return document.RootElement.Clone();
    }

    private static async Task<string> RunAsync(params string[] arguments)
    {
        var outcome = await SeraProcess.RunAsync(arguments);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        return outcome.Out;
    }

    private async Task RefusedAsync(string model, string expected)
    {
        await FailsAsync(expected, "run", TinyPolicy.RunFile(_folder), "--work", At("refused"), "--set", $"reward.source=model:{model}");
        Assert.False(Directory.Exists(At("refused")));
    }

    private async Task FailsAsync(string expected, params string[] arguments)
    {
        var outcome = await SeraProcess.RunAsync(arguments);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(expected, Assert.Single(outcome.ErrorLines));
        Assert.False(Path.Exists(At("x")));
    }
}

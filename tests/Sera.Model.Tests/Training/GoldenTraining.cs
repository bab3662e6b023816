using System.Collections.Immutable;
using System.Text.Json;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Training;

namespace Sera.Model.Tests.Training;

/// <summary>The small random Llama of Golden/train_llama.py and what PyTorch made of it.</summary>
internal static class GoldenTraining
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Golden", "train_llama");

    public static LlamaConfig Config { get; } = HfLlamaConfig.Read(Path.Combine(Folder, "config.json"));

    public static JsonElement Cases()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "cases.json")));
        return document.RootElement.Clone();
    }

    /// <summary>A fresh trainable copy of the whole policy.</summary>
    public static TrainablePolicy Full() => TrainingStart.Open(Start(), null, 0);

    /// <summary>The loaded policy, its parameters disposed with it.</summary>
    public static StartingPolicy Start()
    {
        using var files = WeightFiles.Open(Folder);
        var parameters = FlatParameters.Frozen(LlamaLayout.Of(Config), LlamaWeights.Load(files, Config));
        return new StartingPolicy(Config, parameters, null, parameters);
    }

    public static ImmutableArray<TrainingPairRow> Pairs() =>
    [
        .. Cases().GetProperty("pairs").EnumerateArray().Select(p => new TrainingPairRow(
            p.GetProperty("id").GetString()!, Ids(p, "prompt"), Ids(p, "chosen"), Ids(p, "rejected"),
            p.GetProperty("refChosen").GetSingle(), p.GetProperty("refRejected").GetSingle(), null, "offline")),
    ];

    /// <summary>Random pairs in the golden policy's vocabulary, 2..9 prompt tokens and 1..8 response tokens.</summary>
    public static ImmutableArray<TrainingPairRow> RandomPairs(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => new TrainingPairRow($"p{i}", Some(2, 10), Some(1, 9), Some(1, 9), -12, -12, null, "offline"))];

        ImmutableArray<int> Some(int least, int below) => [.. Enumerable.Range(0, random.Next(least, below)).Select(_ => random.Next(3, Config.VocabularySize))];
    }

    private static ImmutableArray<int> Ids(JsonElement pair, string name) => [.. pair.GetProperty(name).EnumerateArray().Select(x => x.GetInt32())];
}

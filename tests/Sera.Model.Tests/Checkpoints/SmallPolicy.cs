using Sera.Model.Checkpoints;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Tests.Models;
using Sera.Model.Tokenization;

namespace Sera.Model.Tests.Checkpoints;

/// <summary>A whole policy folder made on the spot: a fresh Llama and a tokenizer of bytes.</summary>
internal static class SmallPolicy
{
    private const int Vocabulary = 260;

    public static PolicyFolder Write(string folder, ulong seed, string variant = "grouped")
    {
        Directory.CreateDirectory(folder);
        BpeTrainer.Train(["ab ab"], new BpeTrainerOptions(Vocabulary, "</s>", "<s>", []), folder);
        var json = File.ReadAllText(Path.Combine(GoldenPolicy.FolderOf(variant), "config.json"));
        File.WriteAllText(Path.Combine(folder, "config.json"), System.Text.RegularExpressions.Regex.Replace(json, "\"vocab_size\": \\d+", $"\"vocab_size\": {Vocabulary}"));
        var config = HfLlamaConfig.Read(Path.Combine(folder, "config.json"));
        using var parameters = FlatParameters.Frozen(LlamaLayout.Of(config), LlamaWeights.Random(config with { InitializerRange = 0.3 }, seed));
        PolicyFolderWriter.Write(folder, Path.Combine(folder, "config.json"), folder, parameters);
        return PolicyFolder.Open(folder);
    }
}

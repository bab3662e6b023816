using System.Text.Json;
using System.Text.Json.Nodes;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using static TorchSharp.torch;

namespace Sera.Model.Rewards;

/// <summary>
/// A reward model as a folder: a policy's, with the architecture LlamaForSequenceClassification or the family's own, "score.weight" in place of the output matrix, and
/// reward_model.json. Its digest, like a policy's, is of what it computes with.
/// </summary>
public static class RewardModelFolder
{
    public const string RecordFile = "reward_model.json";

    private const string Remedy = "train one with sera reward-model";

    /// <exception cref="InputException">The folder or a file is missing or malformed, or it is the folder of a policy.</exception>
    public static PolicyFolder Open(string folder)
    {
        var opened = PolicyFolder.Open(folder);
        return Is(opened) ? opened : throw new InputException(folder, $"no '{LlamaLayout.Score}' in its weights", "the folder of a reward model", Remedy);
    }

    /// <summary>Whether a folder holds a reward model rather than a policy.</summary>
    public static bool Is(PolicyFolder folder)
    {
        using var files = WeightFiles.Open(folder.Path);
        return files.Entries.Any(e => e.Name == LlamaLayout.Score);
    }

    /// <summary>All parameters, laid out by <see cref="LlamaLayout.OfReward"/>, on the CPU; the caller owns them.</summary>
    /// <param name="type">fp32 or bf16.</param>
    /// <exception cref="InputException">A tensor is missing, of another shape, not part of a reward model, or the scores are not finite.</exception>
    public static Tensor LoadWeights(PolicyFolder folder, ScalarType type = ScalarType.Float32)
    {
        using var files = WeightFiles.Open(folder.Path);
        var layout = LlamaLayout.OfReward(folder.Config);
        var flat = LlamaWeights.LoadAs(layout, files, folder.Config, type);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var score = layout[LlamaLayout.Score];
        if (flat.narrow(0, score.Offset, score.Count).to(float32).data<float>().All(float.IsFinite)) return flat;
        flat.Dispose();
        throw new InputException(folder.Path, $"a number in '{LlamaLayout.Score}' that is not finite", "finite numbers", "restore the folder");
    }

    /// <param name="parameters">Laid out by <see cref="LlamaLayout.OfReward"/>; borrowed, must outlive the model.</param>
    public static LlamaModel ModelOf(LlamaConfig config, FlatParameters parameters) => new(RewardStart.Configure(config), parameters);

    /// <exception cref="InputException">The record is missing or damaged.</exception>
    public static RewardModelRecord ReadRecord(PolicyFolder folder)
    {
        var path = Path.Combine(folder.Path, RecordFile);
        if (!File.Exists(path)) throw new InputException(path, "no such file", "the record of a reward model", Remedy);
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), RewardJson.Default.RewardModelRecord) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new InputException(path, "it is damaged", "the record of a reward model as JSON", "restore the folder");
        }
    }

    /// <param name="folder">Created or replaced, whole or not at all.</param>
    /// <param name="source">Whose config and tokenizer it has.</param>
    /// <param name="parameters">Laid out by <see cref="LlamaLayout.OfReward"/>; borrowed.</param>
    public static void Write(string folder, PolicyFolder source, FlatParameters parameters, RewardModelRecord record) => PolicyFolderWriter.Write(
        folder, Path.Combine(source.Path, PolicyFolder.ConfigFile), source.Path, parameters, Describe,
        (RecordFile, JsonSerializer.SerializeToNode(record, RewardJson.Default.RewardModelRecord)!));

    private static void Describe(JsonObject config)
    {
        var type = config["model_type"]?.GetValue<string>() switch
        {
            "mistral" => "Mistral",
            "qwen2" => "Qwen2",
            "qwen3" => "Qwen3",
            "smollm3" => "SmolLM3",
            "phi3" => "Phi3",
            "gemma" => "Gemma",
            "gemma2" => "Gemma2",
            "gemma3_text" => "Gemma3Text",
            "gpt_neox" => "GPTNeoX",
            "gpt2" => "GPT2",
            _ => "Llama",
        };
        config["architectures"] = new JsonArray($"{type}ForSequenceClassification");
        config["num_labels"] = 1;
    }
}

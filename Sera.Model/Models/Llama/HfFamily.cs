using System.Collections.Immutable;
using Sera.Model.Data;

namespace Sera.Model.Models.Llama;

/// <summary>A model_type of the Llama family: what its config.json means where it is silent, and which of the family's variants it has.</summary>
/// <param name="KvHeads">null = as many as query heads.</param>
/// <param name="HeadSize">null = the hidden size by the heads.</param>
/// <param name="Reads">Fields of <see cref="HfLlamaConfig"/>'s list of those that change the arithmetic which it computes.</param>
internal sealed record HfFamily(string ModelType, int? KvHeads, int? HeadSize, int Positions, double RopeTheta, bool Tied, double NormEps, params ImmutableArray<string> Reads)
{
    private const string AttentionBias = "attention_bias";
    private const string MlpBias = "mlp_bias";
    private const string Unturned = "no_rope_layers";

    public static ImmutableArray<HfFamily> All { get; } =
    [
        new("llama", null, null, 2048, 10_000, false, 1e-6, AttentionBias, MlpBias),
        new("mistral", 8, null, 131_072, 10_000, false, 1e-6),
        new("qwen2", 32, null, 32_768, 10_000, false, 1e-6),
        new("qwen3", 32, 128, 32_768, 10_000, false, 1e-6, AttentionBias),
        new("smollm3", 4, null, 32_768, 2_000_000, true, 1e-6, AttentionBias, MlpBias, Unturned),
        new("phi3", null, null, 4096, 10_000, false, 1e-5),
        new("gemma", 16, 256, 8192, 10_000, true, 1e-6, AttentionBias),
        new("gemma2", 4, 256, 8192, 10_000, true, 1e-6, AttentionBias, HfGemma.AttentionCap, HfGemma.LogitCap),
        new("gemma3_text", 4, 256, 131_072, 1_000_000, true, 1e-6, AttentionBias, HfGemma.LogitCap),
    ];

    /// <summary>Every model_type that is read, these and those of other families.</summary>
    public static string Names => string.Join(", ", [.. All.Select(f => f.ModelType), HfGptNeoX.ModelType]) + " or " + HfGpt2.ModelType;

    public static HfFamily? Find(string modelType) => All.FirstOrDefault(f => f.ModelType == modelType);

    /// <summary>The variants of the family that a config has.</summary>
    public LlamaConfig With(LlamaConfig config, JsonFields fields)
    {
        var attention = Reads.Contains(AttentionBias) && fields.Flag(AttentionBias, false);
        var unturned = Reads.Contains(Unturned) ? UnturnedLayers(fields, config.Layers) : [];
        var (window, sliding) = Sliding(fields, config.Layers, unturned);
        config = config with
        {
            QkvBias = attention || ModelType == "qwen2",
            OutputBias = attention,
            MlpBias = Reads.Contains(MlpBias) && fields.Flag(MlpBias, false),
            QkNorm = ModelType == "qwen3",
            FusedProjections = ModelType == "phi3",
            UnturnedLayers = unturned,
            Window = window,
            SlidingLayers = sliding,
            SlidingRopeTheta = HfRope.SlidingTheta(fields),
        };
        return HfGemma.Is(ModelType) ? HfGemma.With(ModelType, config, fields) : config;
    }

    // Tokens seen, and the layers where that is so; no layer where there is no window.
    private (int? Window, ImmutableArray<int> Layers) Sliding(JsonFields fields, int layers, ImmutableArray<int> unturned)
    {
        if (ModelType is "llama" or "gemma") return (null, []);
        var kinds = fields.Texts("layer_types");
        if (kinds.FirstOrDefault(kind => kind is not ("full_attention" or "sliding_attention")) is { } other)
            throw new InputException(fields.Where, $"layer_types names '{other}'", "full_attention or sliding_attention", "this policy computes something that is not supported here");
        if (!kinds.IsEmpty && kinds.Length != layers)
            throw new InputException(fields.Where, $"layer_types names {kinds.Length} layers", $"one for each of the {layers} layers", "restore the file");
        ImmutableArray<int> sliding = [.. Enumerable.Range(0, layers).Where(layer => kinds.IsEmpty ? Slides(layer) : kinds[layer] == "sliding_attention")];
        var none = fields.Names("sliding_window") || ModelType is "smollm3" or "phi3";
        int? window = fields.Has("sliding_window") ? fields.Size("sliding_window") : none ? null : 4096;
        return window is null || sliding.IsEmpty ? (null, []) : (window, sliding);

        bool Slides(int layer) => ModelType switch
        {
            "mistral" or "phi3" => true,
            "smollm3" => fields.Flag("use_sliding_window", false) && unturned.Contains(layer),
            "qwen2" or "qwen3" => fields.Flag("use_sliding_window", false) && layer >= fields.Number("max_window_layers", 28),
            _ => HfGemma.Slides(ModelType, layer, fields),
        };
    }

    // A list of a 1 for each layer that is turned by position and a 0 for one that is not, or every fourth is not.
    private static ImmutableArray<int> UnturnedLayers(JsonFields fields, int layers)
    {
        if (!fields.Has(Unturned))
        {
            var interval = fields.Size("no_rope_layer_interval", 4);
            return [.. Enumerable.Range(0, layers).Where(layer => (layer + 1) % interval == 0)];
        }
        var turned = fields.Ids(Unturned);
        return turned.Length >= layers
            ? [.. Enumerable.Range(0, layers).Where(layer => turned[layer] == 0)]
            : throw new InputException(fields.Where, $"{Unturned} has {turned.Length} numbers", $"one for each of the {layers} layers", "restore the file");
    }
}

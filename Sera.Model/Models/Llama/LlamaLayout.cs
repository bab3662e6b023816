namespace Sera.Model.Models.Llama;

/// <summary>Names and places of the parameters of a Llama, in the spelling of Hugging Face checkpoints.</summary>
public static class LlamaLayout
{
    public const string Embedding = "model.embed_tokens.weight";
    public const string Head = "lm_head.weight";

    /// <summary>The row that makes a reward of a hidden state, in place of the output matrix.</summary>
    public const string Score = "score.weight";

    public const string FinalNorm = "model.norm.weight";

    public static string InputNorm(int layer) => $"model.layers.{layer}.input_layernorm.weight";

    public static string AttentionNorm(int layer) => $"model.layers.{layer}.post_attention_layernorm.weight";

    /// <summary>Of the heads of queries, [head size]; where the family has one.</summary>
    public static string QueryNorm(int layer) => $"model.layers.{layer}.self_attn.q_norm.weight";

    public static string KeyNorm(int layer) => $"model.layers.{layer}.self_attn.k_norm.weight";

    /// <summary>Module path of a projection, as adapters name it: "model.layers.3.self_attn.q_proj".</summary>
    public static string Module(int layer, string projection) =>
        $"model.layers.{layer}.{(projection is "gate_proj" or "up_proj" or "gate_up_proj" or "down_proj" ? "mlp" : "self_attn")}.{projection}";

    /// <summary>The projections that are computed by one matrix product, by block: name and row counts in stacking order.</summary>
    public static IReadOnlyList<(string Block, int Inputs, (string Projection, int Outputs)[] Parts)> Linears(LlamaConfig config) =>
    [
        ("qkv", config.HiddenSize, config.FusedProjections ? [("qkv_proj", config.QuerySize + 2 * config.KeySize)] : [("q_proj", config.QuerySize), ("k_proj", config.KeySize), ("v_proj", config.KeySize)]),
        ("o", config.QuerySize, [("o_proj", config.HiddenSize)]),
        ("gate_up", config.HiddenSize, config.FusedProjections ? [("gate_up_proj", 2 * config.IntermediateSize)] : [("gate_proj", config.IntermediateSize), ("up_proj", config.IntermediateSize)]),
        ("down", config.IntermediateSize, [("down_proj", config.HiddenSize)]),
    ];

    public static string Block(int layer, string block) => $"model.layers.{layer}.{block}";

    /// <summary>The block of the vectors that a block of projections adds; null where it adds none.</summary>
    public static string? BiasBlock(LlamaConfig config, int layer, string block)
    {
        var has = block switch
        {
            "qkv" => config.QkvBias,
            "o" => config.OutputBias,
            _ => config.MlpBias,
        };
        return has ? $"{Block(layer, block)}.bias" : null;
    }

    public static ParameterLayout Of(LlamaConfig config) => With(config, config.TiedEmbeddings ? null : (Head, config.VocabularySize));

    /// <summary>Of a reward model: LlamaForSequenceClassification with one label.</summary>
    public static ParameterLayout OfReward(LlamaConfig config) => With(config, (Score, 1));

    private static ParameterLayout With(LlamaConfig config, (string Name, int Rows)? output)
    {
        var layout = new ParameterLayout.Builder();
        layout.Matrix(Embedding, (Embedding, [config.VocabularySize, config.HiddenSize]));
        for (var layer = 0; layer < config.Layers; layer++)
        {
            foreach (var (block, inputs, parts) in Linears(config))
            {
                layout.Matrix(Block(layer, block), [.. parts.Select(p => ($"{Module(layer, p.Projection)}.weight", new long[] { p.Outputs, inputs }))]);
                if (BiasBlock(config, layer, block) is { } bias) layout.Vectors(bias, [.. parts.Select(p => ($"{Module(layer, p.Projection)}.bias", (long)p.Outputs))]);
            }
            layout.Vector(InputNorm(layer), config.HiddenSize).Vector(AttentionNorm(layer), config.HiddenSize);
            if (config.QkNorm) layout.Vector(QueryNorm(layer), config.HeadSize).Vector(KeyNorm(layer), config.HeadSize);
        }
        if (output is var (name, rows)) layout.Matrix(name, (name, [rows, config.HiddenSize]));
        return layout.Vector(FinalNorm, config.HiddenSize).Build();
    }
}

namespace Sera.Model.Models.Llama;

/// <summary>
/// Names and places of the parameters of a policy. Blocks, which the model reads, have the names of a Llama whatever the family; parameters have those of the
/// family's own Hugging Face checkpoints.
/// </summary>
public static class LlamaLayout
{
    public const string Embedding = "model.embed_tokens.weight";

    /// <summary>The block of the learned vectors of positions, [context, hidden]; where the family has them.</summary>
    public const string Positions = "model.embed_positions.weight";

    public const string Head = "lm_head.weight";

    /// <summary>The row that makes a reward of a hidden state, in place of the output matrix.</summary>
    public const string Score = "score.weight";

    public const string FinalNorm = "model.norm.weight";

    private const string Prefix = "transformer.";

    public static string InputNorm(int layer) => $"model.layers.{layer}.input_layernorm.weight";

    public static string AttentionNorm(int layer) => $"model.layers.{layer}.post_attention_layernorm.weight";

    /// <summary>Of what the attention gives; where the family normalizes it.</summary>
    public static string AttentionOutputNorm(int layer) => $"model.layers.{layer}.attention_output_norm.weight";

    /// <summary>Of what the feed-forward block gives.</summary>
    public static string FeedForwardOutputNorm(int layer) => $"model.layers.{layer}.feedforward_output_norm.weight";

    /// <summary>Of the heads of queries, [head size]; where the family has one.</summary>
    public static string QueryNorm(int layer) => $"model.layers.{layer}.self_attn.q_norm.weight";

    public static string KeyNorm(int layer) => $"model.layers.{layer}.self_attn.k_norm.weight";

    /// <summary>The block of what a norm adds; there where norms are LayerNorms.</summary>
    /// <param name="norm">The block of what it multiplies by.</param>
    public static string NormBias(string norm) => norm.Replace(".weight", ".bias", StringComparison.Ordinal);

    /// <summary>Module path of a projection, as adapters name it: "model.layers.3.self_attn.q_proj".</summary>
    /// <param name="path">Within the layer.</param>
    public static string Module(LlamaConfig config, int layer, string path) => $"{TensorNames.Of(config).Layers}{layer}.{path}";

    /// <summary>The projections that are computed by one matrix product, by block, in stacking order.</summary>
    public static IReadOnlyList<(string Block, int Inputs, LinearPart[] Parts)> Linears(LlamaConfig config) =>
    [
        ("qkv", config.HiddenSize, LinearPart.Qkv(config)),
        ("o", config.QuerySize, LinearPart.Output(config)),
        ("gate_up", config.HiddenSize, LinearPart.GateUp(config)),
        ("down", config.IntermediateSize, LinearPart.Down(config)),
    ];

    /// <summary>The names under which adapters may ask for projections.</summary>
    public static IReadOnlyList<string> Projections(LlamaConfig config) => [.. Linears(config).SelectMany(l => l.Parts).Select(p => p.Projection).Distinct()];

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

    public static ParameterLayout Of(LlamaConfig config) =>
        With(config, config.TiedEmbeddings ? null : (Head, $"{TensorNames.Of(config).Head}.weight", config.VocabularySize));

    /// <summary>Of a reward model: LlamaForSequenceClassification, or the family's own, with one label.</summary>
    public static ParameterLayout OfReward(LlamaConfig config) => With(config, (Score, Score, 1));

    private static ParameterLayout With(LlamaConfig config, (string Block, string Name, int Rows)? output)
    {
        var names = TensorNames.Of(config);
        // Folders of the body alone, as the first GPT-2 was published, leave out what the names begin with.
        var layout = new ParameterLayout.Builder()
            .Aliased(name => config.Spelling == Spelling.Gpt2 && name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : null);
        layout.Matrix(Embedding, ($"{names.Embedding}.weight", [config.VocabularySize, config.HiddenSize]));
        if (config.LearnedPositions) layout.Matrix(Positions, ($"{names.Positions}.weight", [config.Context, config.HiddenSize]));
        for (var layer = 0; layer < config.Layers; layer++)
        {
            foreach (var (block, inputs, parts) in Linears(config)) AddLinear(layout, config, layer, block, inputs, parts);
            AddNorm(layout, config, InputNorm(layer), Module(config, layer, names.InputNorm));
            AddNorm(layout, config, AttentionNorm(layer), Module(config, layer, names.AttentionNorm));
            if (config.PostNorms)
            {
                AddNorm(layout, config, AttentionOutputNorm(layer), Module(config, layer, TensorNames.AttentionOutputNorm));
                AddNorm(layout, config, FeedForwardOutputNorm(layer), Module(config, layer, TensorNames.FeedForwardOutputNorm));
            }
            if (config.QkNorm) layout.Vector(QueryNorm(layer), config.HeadSize).Vector(KeyNorm(layer), config.HeadSize);
        }
        if (output is var (outputBlock, outputName, rows)) layout.Matrix(outputBlock, (outputName, [rows, config.HiddenSize]));
        AddNorm(layout, config, FinalNorm, names.FinalNorm);
        return layout.Build();
    }

    private static void AddLinear(ParameterLayout.Builder layout, LlamaConfig config, int layer, string block, int inputs, LinearPart[] parts)
    {
        layout.Matrix(Block(layer, block), [.. parts.Select(p => ($"{Module(config, layer, p.Path)}.weight", new long[] { p.Outputs, inputs }))]);
        foreach (var part in parts) layout.Stored($"{Module(config, layer, part.Path)}.weight", part.WeightForm);
        if (BiasBlock(config, layer, block) is not { } bias) return;
        layout.Vectors(bias, [.. parts.Select(p => ($"{Module(config, layer, p.Path)}.bias", (long)p.Outputs))]);
        foreach (var part in parts) layout.Stored($"{Module(config, layer, part.Path)}.bias", part.RowForm);
    }

    private static void AddNorm(ParameterLayout.Builder layout, LlamaConfig config, string block, string name)
    {
        layout.Vectors(block, ($"{name}.weight", config.HiddenSize));
        if (config.LayerNorm) layout.Vectors(NormBias(block), ($"{name}.bias", config.HiddenSize));
    }
}

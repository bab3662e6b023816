using Sera.Model.Data;

namespace Sera.Model.Models.Llama;

/// <summary>config.json of a GPT-2; missing fields get the defaults of transformers' GPT2Config.</summary>
internal static class HfGpt2
{
    public const string ModelType = "gpt2";

    // Beside those of all families.
    private static readonly (string Field, string Neutral)[] Arithmetic =
    [
        ("scale_attn_weights", "true"), ("scale_attn_by_inverse_layer_idx", "false"), ("reorder_and_upcast_attn", "false"), ("add_cross_attention", "false"),
    ];

    /// <exception cref="InputException">A field is malformed or would change the arithmetic in a way not done here.</exception>
    public static LlamaConfig Resolve(JsonFields fields)
    {
        HfLlamaConfig.RequireNeutral(fields, []);
        foreach (var (field, neutral) in Arithmetic) HfLlamaConfig.RequireNeutral(fields, field, neutral);
        int Size(string name, string other, int missing) => fields.Size(name, fields.Size(other, missing));
        var (hidden, heads) = (Size("n_embd", "hidden_size", 768), Size("n_head", "num_attention_heads", 12));
        if (hidden % heads != 0) throw new InputException(fields.Where, $"n_embd is {hidden}", $"a multiple of n_head, {heads}", "restore the file");
        return new LlamaConfig(
            fields.Size("vocab_size", 50_257),
            hidden,
            fields.Size("n_inner", 4 * hidden),
            HfLlamaConfig.Layers(fields, "n_layer", HfLlamaConfig.Layers(fields, "num_hidden_layers", 12)),
            heads,
            heads,
            hidden / heads,
            Size("n_positions", "max_position_embeddings", 1024),
            fields.Number("layer_norm_epsilon", 1e-5),
            10_000,
            null,
            fields.Flag("tie_word_embeddings", true),
            fields.Number("initializer_range", 0.02),
            !fields.Names("bos_token_id") ? 50_256 : fields.Ids("bos_token_id") is [var bos, ..] ? bos : null,
            fields.Names("eos_token_id") ? fields.Ids("eos_token_id") : [50_256])
        {
            Spelling = Spelling.Gpt2,
            LayerNorm = true,
            LearnedPositions = true,
            RotarySize = 0,
            Activation = HfActivation.Read(fields, "activation_function", "gelu_new"),
            QkvBias = true,
            OutputBias = true,
            MlpBias = true,
        };
    }
}

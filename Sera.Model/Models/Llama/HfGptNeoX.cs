using Sera.Model.Data;

namespace Sera.Model.Models.Llama;

/// <summary>config.json of a GPT-NeoX (Pythia); missing fields get the defaults of transformers' GPTNeoXConfig.</summary>
internal static class HfGptNeoX
{
    public const string ModelType = "gpt_neox";

    private const string Partial = "partial_rotary_factor";
    private const string Bias = "attention_bias";

    /// <exception cref="InputException">A field is malformed or would change the arithmetic in a way not done here.</exception>
    public static LlamaConfig Resolve(JsonFields fields)
    {
        HfLlamaConfig.RequireNeutral(fields, [Bias, Partial]);
        var (hidden, heads) = (fields.Size("hidden_size", 6144), fields.Size("num_attention_heads", 64));
        if (hidden % heads != 0) throw new InputException(fields.Where, $"hidden_size is {hidden}", $"a multiple of num_attention_heads, {heads}", "restore the file");
        var headSize = hidden / heads;
        var rotary = RotarySize(fields, headSize);
        var positions = fields.Size("max_position_embeddings", 2048);
        var (theta, scaling) = HfRope.Read(fields, positions, fields.Number("rotary_emb_base", 10_000), rotary, partial: true);
        var bias = fields.Flag(Bias, true);
        return new LlamaConfig(
            fields.Size("vocab_size", 50_432),
            hidden,
            fields.Size("intermediate_size", 24_576),
            fields.Size("num_hidden_layers", 44),
            heads,
            heads,
            headSize,
            Math.Min(positions, scaling?.LongestContext ?? positions),
            fields.Number("layer_norm_eps", 1e-5),
            theta,
            scaling,
            fields.Flag("tie_word_embeddings", false),
            fields.Number("initializer_range", 0.02),
            !fields.Names("bos_token_id") ? 0 : fields.Ids("bos_token_id") is [var bos, ..] ? bos : null,
            fields.Names("eos_token_id") ? fields.Ids("eos_token_id") : [2])
        {
            Spelling = Spelling.GptNeoX,
            LayerNorm = true,
            ParallelResidual = fields.Flag("use_parallel_residual", true),
            Activation = HfActivation.Read(fields, "hidden_act", "gelu"),
            RotarySize = rotary,
            QkvBias = bias,
            OutputBias = bias,
            MlpBias = true,
        };
    }

    // The share stands under its old name, its new one, or among the rotary fields.
    private static int RotarySize(JsonFields fields, int headSize)
    {
        var rope = fields.Object("rope_parameters");
        var share = rope?.Has(Partial) == true ? rope.Number(Partial) : fields.Has(Partial) ? fields.Number(Partial) : fields.Number("rotary_pct", 0.25);
        var size = (int)(headSize * share);
        return share is > 0 and <= 1 && size > 0 && size % 2 == 0
            ? size
            : throw new InputException(fields.Where, $"rotary_pct is {share:R} of heads of {headSize}", "a share, up to 1, that is an even number of each head", "restore the file");
    }
}

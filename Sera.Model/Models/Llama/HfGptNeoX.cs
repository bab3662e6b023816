using Sera.Model.Data;

namespace Sera.Model.Models.Llama;

/// <summary>config.json of a GPT-NeoX (Pythia); missing fields get the defaults of transformers' GPTNeoXConfig.</summary>
internal static class HfGptNeoX
{
    public const string ModelType = "gpt_neox";

    private const string Partial = "partial_rotary_factor";
    private const string Share = "rotary_pct";
    private const string Base = "rotary_emb_base";
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
        var (theta, scaling) = HfRope.Read(fields, positions, 10_000, rotary, partial: true, thetaField: Base);
        RequireAgreement(fields, "rope_theta", theta, Base);
        var bias = fields.Flag(Bias, true);
        return new LlamaConfig(
            fields.Size("vocab_size", 50_432),
            hidden,
            fields.Size("intermediate_size", 24_576),
            HfLlamaConfig.Layers(fields, "num_hidden_layers", 44),
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

    // The share stands under its old name, or among the rotary fields.
    private static int RotarySize(JsonFields fields, int headSize)
    {
        var rope = fields.Object("rope_parameters") ?? fields.Object("rope_scaling");
        var share = rope?.Has(Partial) == true ? rope.Number(Partial) : fields.Number(Share, 0.25);
        RequireAgreement(fields, Partial, share, Share);
        var size = (int)(headSize * share);
        return share is > 0 and <= 1 && size > 0 && size % 2 == 0
            ? size
            : throw new InputException(fields.Where, $"{Share} is {share:R} of heads of {headSize}", "a share, up to 1, that is an even number of each head", "restore the file");
    }

    // Versions of transformers differ in which of two names counts, so they must not contradict each other.
    private static void RequireAgreement(JsonFields fields, string name, double value, string by)
    {
        if (fields.Has(name) && fields.Number(name) != value)
            throw new InputException(fields.Where, $"{name} is {fields.Raw(name)}", $"{value:R}, as {by} or the rotary fields have it", "remove the one that is wrong");
    }
}

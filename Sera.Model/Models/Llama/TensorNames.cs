namespace Sera.Model.Models.Llama;

/// <summary>What the checkpoints of a family call their tensors; of norms and embeddings without ".weight".</summary>
/// <param name="Layers">What the names of a layer begin with, before its number.</param>
/// <param name="InputNorm">Within a layer, as those below.</param>
/// <param name="AttentionNorm">Before the feed-forward block.</param>
internal sealed record TensorNames(string Embedding, string Positions, string Head, string FinalNorm, string Layers, string InputNorm, string AttentionNorm)
{
    /// <summary>Of what the attention gives, where that is normalized; <see cref="FeedForwardOutputNorm"/> of the other block.</summary>
    public const string AttentionOutputNorm = "post_attention_layernorm";

    public const string FeedForwardOutputNorm = "post_feedforward_layernorm";

    private static readonly TensorNames Llama =
        new("model.embed_tokens", "model.embed_positions", "lm_head", "model.norm", "model.layers.", "input_layernorm", "post_attention_layernorm");

    // The name of a Llama for the norm before the feed-forward block is that of another here.
    private static readonly TensorNames PostNormed = Llama with { AttentionNorm = "pre_feedforward_layernorm" };

    private static readonly TensorNames GptNeoX =
        new("gpt_neox.embed_in", "gpt_neox.embed_positions", "embed_out", "gpt_neox.final_layer_norm", "gpt_neox.layers.", "input_layernorm", "post_attention_layernorm");

    private static readonly TensorNames Gpt2 = new("transformer.wte", "transformer.wpe", "lm_head", "transformer.ln_f", "transformer.h.", "ln_1", "ln_2");

    public static TensorNames Of(LlamaConfig config) => config.Spelling switch
    {
        Spelling.GptNeoX => GptNeoX,
        Spelling.Gpt2 => Gpt2,
        _ => config.PostNorms ? PostNormed : Llama,
    };
}

using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using Sera.Model.Data;

namespace Sera.Model.Models.Llama;

/// <summary>
/// Fields of a config.json that are known: read here, or known to change nothing of what a policy computes. One that is neither is taken as harmless, since
/// those that change the arithmetic are refused by name, and is told to the user, who may know better.
/// </summary>
public static class HfKnownFields
{
    private static readonly FrozenSet<string> Known = FrozenSet.Create(
        StringComparer.Ordinal,
        // Shape and arithmetic, of all families.
        "activation_function", "attention_bias", "attention_multiplier", "attn_logit_softcapping", "cache_implementation", "dual_chunk_attention_config", "embedding_multiplier",
        "final_logit_softcapping", "head_dim", "hidden_act", "hidden_activation", "hidden_size", "intermediate_size", "layer_norm_eps", "layer_norm_epsilon", "layer_types",
        "logit_scale", "logits_scaling", "max_position_embeddings", "max_window_layers", "mlp_bias", "n_ctx", "n_embd", "n_head", "n_inner", "n_layer", "n_positions",
        "no_rope_layer_interval", "no_rope_layers", "num_attention_heads", "num_hidden_layers", "num_key_value_heads", "num_local_experts", "original_max_position_embeddings",
        "partial_rotary_factor", "qk_norm", "quantization_config", "query_pre_attn_scalar", "reorder_and_upcast_attn", "residual_multiplier", "rms_norm_eps", "rope_interleaved",
        "rope_local_base_freq", "rope_parameters", "rope_scaling", "rope_theta", "rotary_emb_base", "rotary_pct", "scale_attn_by_inverse_layer_idx", "scale_attn_weights",
        "sliding_window", "sliding_window_size", "sliding_window_pattern", "_sliding_window_pattern", "tie_word_embeddings", "use_bidirectional_attention", "use_mrope", "use_parallel_residual", "use_qk_norm", "use_sliding_window", "vocab_size",
        // Tokens, the program that wrote the file, training, and other tasks than this one.
        "_name_or_path", "add_cross_attention", "architectures", "attention_dropout", "attn_implementation", "_attn_implementation", "attn_pdrop", "auto_map", "bos_token_id",
        "chunk_size_feed_forward", "classifier_dropout", "decoder_start_token_id", "dtype", "embd_pdrop", "eos_token_id", "finetuning_task", "gradient_checkpointing", "hidden_dropout",
        "id2label", "initializer_range", "is_decoder", "is_encoder_decoder", "is_llama_config", "keys_to_ignore_at_inference", "label2id", "mask_value", "model_type", "num_labels",
        "output_attentions", "output_hidden_states", "pad_token_id", "prefix", "pretraining_tp", "problem_type", "resid_pdrop", "return_dict", "sep_token_id",
        "summary_activation", "summary_first_dropout", "summary_proj_to_labels", "summary_type", "summary_use_proj", "task_specific_params", "tokenizer", "tokenizer_class",
        "torch_dtype", "transformers_version", "unk_token_id", "use_bfloat16", "use_cache");

    /// <summary>Names of the others, in the order of the file.</summary>
    /// <param name="path">A config.json that can be read.</param>
    public static ImmutableArray<string> UnknownIn(string path)
    {
        using var document = StrictJson.Parse(File.ReadAllBytes(path));
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? [.. document.RootElement.EnumerateObject().Select(field => field.Name).Where(name => !Known.Contains(name)).Distinct(StringComparer.Ordinal)]
            : [];
    }
}

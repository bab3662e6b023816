using Sera.Model.Checkpoints;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Tokenization;
using Sera.Testing;

namespace Sera.Host.Tests;

/// <summary>A policy with random weights, small enough to compute in a moment, and data that fits it.</summary>
internal static class TinyPolicy
{
    public const int Context = 64;

    private const string Config = """
        {"architectures":["LlamaForCausalLM"],"model_type":"llama","vocab_size":300,"hidden_size":16,"intermediate_size":32,"num_hidden_layers":1,
        "num_attention_heads":2,"num_key_value_heads":2,"max_position_embeddings":64,"rms_norm_eps":1e-5,"rope_theta":10000.0,"hidden_act":"silu",
        "tie_word_embeddings":true,"initializer_range":0.1,"eos_token_id":0}
        """;

    /// <summary>The same size as a GPT-NeoX.</summary>
    public const string GptNeoX = """
        {"architectures":["GPTNeoXForCausalLM"],"model_type":"gpt_neox","vocab_size":300,"hidden_size":16,"intermediate_size":32,"num_hidden_layers":1,
        "num_attention_heads":2,"max_position_embeddings":64,"rotary_pct":0.25,"initializer_range":0.1,"bos_token_id":0,"eos_token_id":0}
        """;

    /// <summary>The same size as a GPT-2.</summary>
    public const string Gpt2 = """
        {"architectures":["GPT2LMHeadModel"],"model_type":"gpt2","vocab_size":300,"n_embd":16,"n_inner":32,"n_layer":1,"n_head":2,"n_positions":64,
        "initializer_range":0.1,"bos_token_id":0,"eos_token_id":0}
        """;

    /// <summary>The same size as a Gemma 2, of which the first layer slides.</summary>
    public const string Gemma2 = """
        {"architectures":["Gemma2ForCausalLM"],"model_type":"gemma2","vocab_size":300,"hidden_size":16,"intermediate_size":32,"num_hidden_layers":2,"head_dim":8,
        "num_attention_heads":2,"num_key_value_heads":1,"max_position_embeddings":64,"sliding_window":6,"query_pre_attn_scalar":8,"initializer_range":0.1,"eos_token_id":0}
        """;

    /// <summary>The same size as the text part of a Gemma 3.</summary>
    public const string Gemma3 = """
        {"architectures":["Gemma3ForCausalLM"],"model_type":"gemma3_text","vocab_size":300,"hidden_size":16,"intermediate_size":32,"num_hidden_layers":2,"head_dim":8,
        "num_attention_heads":2,"num_key_value_heads":1,"max_position_embeddings":64,"sliding_window":6,"sliding_window_pattern":2,"query_pre_attn_scalar":8,
        "initializer_range":0.1,"eos_token_id":0}
        """;

    /// <summary>Writes the policy into a new folder "policy" (or another) and gives its path.</summary>
    public static string Write(TemporaryFolder folder, string name = "policy", ulong seed = 1, string? json = null)
    {
        var config = folder.File("config.json", json ?? Config);
        var tokenizer = Path.Combine(folder.Path, "tokenizer");
        BpeTrainer.Train(["Q: What is red? A: a rose", "Q: What is blue? A: the sky"], new BpeTrainerOptions(280, "<end>", null, []), tokenizer);
        var shape = HfLlamaConfig.Read(config);
        using var parameters = FlatParameters.Frozen(LlamaLayout.Of(shape), LlamaWeights.Random(shape, seed));
        var path = Path.Combine(folder.Path, name);
        PolicyFolderWriter.Write(path, config, tokenizer, parameters);
        return path;
    }

    /// <summary>Good preference pairs, one a line.</summary>
    public static string[] Pairs(int count) =>
        [.. Enumerable.Range(0, count).Select(i => $$"""{"prompt":"Q{{i}}?","chosen":" yes {{i}}","rejected":" no {{i}}"}""")];

    /// <summary>A run file over the policy and pairs.jsonl beside it.</summary>
    public static string RunFile(TemporaryFolder folder, string more = "")
    {
        return folder.File("run.conf", """
            sera {
              run { name = test, rounds = 2, policy = policy }
              data { pairs = pairs.jsonl, held-out = 0.2 }
              sampling { max-new-tokens = 8 }
              evaluation { max-new-tokens = 8, shown = 2 }
              training { mode = full, pairs-per-step = 4, checkpoint-every = 2 }
            }

            """ + more);
    }
}

using System.Text;
using Sera.Model.Data;
using Sera.Model.Kernels;
using Sera.Model.Models.Llama;
using Xunit;

namespace Sera.Model.Tests.Models;

public class HfLlamaConfigTests
{
    private const string Small = "\"model_type\":\"llama\",\"hidden_size\":16,\"intermediate_size\":24,\"num_hidden_layers\":2,\"num_attention_heads\":4,\"vocab_size\":40";

    [Fact]
    public void Missing_fields_get_the_defaults_of_the_format()
    {
        var config = Parse("{" + Small + "}");
        Assert.Equal((4, 4, 2048), (config.KvHeads, config.HeadSize, config.Context));
        Assert.Equal((1e-6, 10000.0, 0.02), (config.NormEps, config.RopeTheta, config.InitializerRange));
        Assert.False(config.TiedEmbeddings);
        Assert.Null(config.RopeScaling);
        Assert.Null(config.BosId);
        Assert.Empty(config.EosIds);
    }

    [Fact]
    public void Old_and_new_spelling_of_the_rotary_fields_mean_the_same()
    {
        var old = Parse("{" + Small + ",\"rope_theta\":500000.0,\"rope_scaling\":{\"type\":\"linear\",\"factor\":4.0}}");
        var fresh = Parse("{" + Small + ",\"rope_parameters\":{\"rope_type\":\"linear\",\"factor\":4.0,\"rope_theta\":500000.0}}");
        Assert.Equal((old.RopeTheta, old.RopeScaling), (fresh.RopeTheta, fresh.RopeScaling));
        Assert.Equal(new RopeScaling(RopeScalingKind.Linear, 4), fresh.RopeScaling);
    }

    [Theory]
    [InlineData(",\"no_rope_layers\":[1,0]", "no_rope_layers is [1,0]")]
    [InlineData(",\"rope_scaling\":{\"type\":\"spiral\",\"factor\":2.0}", "rope scaling is 'spiral'")]
    [InlineData(",\"rope_scaling\":{\"type\":\"longrope\",\"short_factor\":[1.0]}", "short_factor of the rope scaling has 1 numbers")]
    [InlineData(",\"rope_scaling\":{\"type\":\"linear\",\"factor\":0}", "factor of the rope scaling is 0")]
    [InlineData(",\"hidden_act\":\"gelu\"", "hidden_act is 'gelu'")]
    [InlineData(",\"partial_rotary_factor\":0.5", "partial_rotary_factor is 0.5")]
    [InlineData(",\"quantization_config\":{\"bits\":4}", "quantization_config is {\"bits\":4}")]
    [InlineData(",\"num_key_value_heads\":3", "num_key_value_heads is 3")]
    [InlineData(",\"head_dim\":3", "head_dim is 3")]
    [InlineData(",\"rms_norm_eps\":\"small\"", "rms_norm_eps is \"small\"")]
    [InlineData(",\"eos_token_id\":[1,-2]", "eos_token_id is [1,-2]")]
    [InlineData(",\"max_position_embeddings\":0", "max_position_embeddings is 0")]
    public void What_would_change_the_arithmetic_or_is_malformed_is_refused_by_name(string extra, string found)
    {
        var error = Assert.Throws<InputException>(() => Parse("{" + Small + extra + "}"));
        Assert.StartsWith($"config.json: {found}; expected", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mistral", ",\"attention_bias\":true", "attention_bias is true")]
    [InlineData("qwen2", ",\"use_mrope\":true", "use_mrope is true")]
    [InlineData("qwen3", ",\"mlp_bias\":true", "mlp_bias is true")]
    [InlineData("qwen3", ",\"layer_types\":[\"linear_attention\"]", "layer_types names 'linear_attention'")]
    [InlineData("smollm3", ",\"no_rope_layers\":[1]", "no_rope_layers has 1 numbers")]
    [InlineData("gemma2", ",\"layer_types\":[\"full_attention\"]", "layer_types names 1 layers")]
    [InlineData("gemma2", ",\"attn_logit_softcapping\":-1", "attn_logit_softcapping is -1")]
    [InlineData("gemma2", ",\"query_pre_attn_scalar\":0", "query_pre_attn_scalar is 0")]
    [InlineData("gemma2", ",\"hidden_activation\":\"gelu\"", "hidden_activation is 'gelu'")]
    [InlineData("gemma", ",\"hidden_act\":\"relu\"", "hidden_act is 'relu'")]
    [InlineData("gemma3_text", ",\"attn_logit_softcapping\":50.0", "attn_logit_softcapping is 50.0")]
    [InlineData("gemma3_text", ",\"rope_parameters\":{\"full_attention\":{},\"sliding_attention\":{\"type\":\"linear\",\"factor\":2}}", "rope_parameters of sliding_attention are stretched or of a part")]
    [InlineData("mistral", ",\"num_hidden_layers\":2000000000", "2000000000 layers")]
    [InlineData("gemma3_text", ",\"num_hidden_layers\":2000000000", "2000000000 layers")]
    [InlineData("gemma", ",\"final_logit_softcapping\":30", "final_logit_softcapping is 30")]
    [InlineData("gemma3_text", ",\"use_bidirectional_attention\":true", "use_bidirectional_attention is true")]
    [InlineData("gemma3_text", ",\"rope_local_base_freq\":1", "rope_local_base_freq is 1")]
    [InlineData("gemma3_text", ",\"rope_parameters\":{\"full_attention\":{},\"sliding_attention\":{\"rope_type\":\"linear\",\"factor\":2}}", "rope_parameters of sliding_attention are stretched or of a part")]
    [InlineData("qwen2", ",\"rope_scaling\":{\"type\":\"yarn\",\"factor\":4,\"beta_fast\":0.5}", "beta_fast is 0.5 and beta_slow 1")]
    public void So_is_what_another_member_of_the_family_does_not_do(string type, string extra, string found) => Assert.StartsWith(
        $"config.json: {found}; expected", Assert.Throws<InputException>(() => Of(type, extra)).Message, StringComparison.Ordinal);

    [Fact]
    public void Each_member_of_the_family_has_its_own_variants_and_defaults()
    {
        var llama = Of("llama", ",\"attention_bias\":true");
        Assert.Equal((true, true, false, false), (llama.QkvBias, llama.OutputBias, llama.MlpBias, llama.QkNorm));
        var qwen2 = Of("qwen2", ",\"num_key_value_heads\":null");
        Assert.Equal((true, false, false, false, 4), (qwen2.QkvBias, qwen2.OutputBias, qwen2.MlpBias, qwen2.QkNorm, qwen2.KvHeads));
        var qwen3 = Of("qwen3", "");
        Assert.Equal((false, true, 128, 32768), (qwen3.QkvBias, qwen3.QkNorm, qwen3.HeadSize, qwen3.Context));
        var smol = Of("smollm3", ",\"num_hidden_layers\":9");
        Assert.Equal((true, 2e6), (smol.TiedEmbeddings, smol.RopeTheta));
        Assert.Equal([3, 7], smol.UnturnedLayers.ToArray());
        Assert.Equal([1], Of("smollm3", ",\"no_rope_layers\":[1,0]").UnturnedLayers.ToArray());
    }

    // A window of 4096, where no key says otherwise; max_window_layers is how many layers have none. Two layers, but for those of Gemma 3.
    [Theory]
    [InlineData("mistral", "", 4096, "0 1")]
    [InlineData("mistral", ",\"sliding_window\":null", null, "")]
    [InlineData("qwen2", "", null, "")]
    [InlineData("qwen2", ",\"use_sliding_window\":true", null, "")]
    [InlineData("qwen2", ",\"use_sliding_window\":true,\"max_window_layers\":1", 4096, "1")]
    [InlineData("qwen2", ",\"sliding_window\":100,\"layer_types\":[\"full_attention\",\"sliding_attention\"]", 100, "1")]
    [InlineData("qwen3", ",\"sliding_window\":100,\"use_sliding_window\":true,\"layer_types\":[\"full_attention\",\"full_attention\"]", null, "")]
    [InlineData("smollm3", ",\"use_sliding_window\":true,\"sliding_window\":50,\"no_rope_layers\":[0,1]", 50, "0")]
    [InlineData("llama", ",\"sliding_window\":100", null, "")]
    [InlineData("phi3", "", null, "")]
    [InlineData("phi3", ",\"sliding_window\":2047", 2047, "0 1")]
    [InlineData("gemma", ",\"sliding_window\":2047", null, "")]
    [InlineData("gemma2", "", 4096, "0")]
    [InlineData("gemma3_text", ",\"sliding_window\":512,\"num_hidden_layers\":8", 512, "0 1 2 3 4 6 7")]
    [InlineData("gemma3_text", ",\"sliding_window\":512,\"sliding_window_pattern\":2", 512, "0")]
    public void Layers_slide_where_the_family_says_it(string type, string extra, int? window, string layers)
    {
        var config = Of(type, extra);
        Assert.Equal((window, layers), (config.Window, string.Join(' ', config.SlidingLayers)));
    }

    [Theory]
    [InlineData("mistral", ",\"max_position_embeddings\":32768", 32768)]
    [InlineData("phi3", ",\"max_position_embeddings\":131072,\"original_max_position_embeddings\":4096,\"rope_scaling\":{\"type\":\"longrope\",\"short_factor\":[1.0,1.5]}", 4096)]
    [InlineData("gemma3_text", "", 131072)]
    public void The_context_is_what_the_positions_hold_for(string type, string extra, int context) => Assert.Equal(context, Of(type, extra).Context);

    // Heads of 256 where nothing is said, the embedding times the root of 16.
    [Fact]
    public void Gemmas_differ_by_their_number()
    {
        var first = Of("gemma", ",\"num_key_value_heads\":4");
        Assert.Equal((true, false, false, 4.0, 0.0, 0.0), (first.NormsAddOne, first.PostNorms, first.QkNorm, first.EmbeddingScale, first.AttentionCap, first.LogitCap));
        Assert.Equal(Activation.GatedGeluTanh, Of("gemma", ",\"hidden_act\":\"gelu\",\"hidden_activation\":null").Activation);
        Assert.Equal((256, 1 / 16.0, true, 2), (first.HeadSize, first.AttentionScale, first.TiedEmbeddings, first.BosId));
        var second = Of("gemma2", ",\"query_pre_attn_scalar\":144,\"head_dim\":128");
        Assert.Equal((true, false, 50.0, 30.0, 1 / 12.0), (second.PostNorms, second.QkNorm, second.AttentionCap, second.LogitCap, second.AttentionScale));
        Assert.Equal((0.0, null), (Of("gemma2", ",\"attn_logit_softcapping\":null").AttentionCap, second.SlidingRopeTheta));
        var third = Of("gemma3_text", ",\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":8.0}");
        Assert.Equal((true, true, 0.0, 0.0, 1e6, 1e4), (third.PostNorms, third.QkNorm, third.AttentionCap, third.LogitCap, third.RopeTheta, third.SlidingRopeTheta));
        Assert.Equal(8, third.RopeScaling!.Factor);
        Assert.Equal((1.0, 1 / 8.0), (Rotary.Frequencies(third, slides: true)[0], Rotary.Frequencies(third)[0]));
    }

    [Fact]
    public void Rotary_fields_by_the_kind_of_layers_mean_what_the_old_ones_did()
    {
        var nested = Of("gemma3_text", ",\"rope_parameters\":{\"full_attention\":{\"rope_type\":\"linear\",\"factor\":8.0,\"rope_theta\":5e5},\"sliding_attention\":{\"rope_type\":\"default\",\"rope_theta\":300}}");
        var old = Of("gemma3_text", ",\"rope_theta\":5e5,\"rope_local_base_freq\":300,\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":8.0}");
        Assert.Equal((old.RopeTheta, old.RopeScaling, old.SlidingRopeTheta), (nested.RopeTheta, nested.RopeScaling, nested.SlidingRopeTheta));
        Assert.Equal(300, Of("gemma3_text", ",\"rope_local_base_freq\":300,\"rope_parameters\":{\"full_attention\":{},\"sliding_attention\":{\"rope_type\":\"default\"}}").SlidingRopeTheta);
    }

    // Heads of 64 and a first context of 32,768: frequencies turn 32 times in it at place 11.8 and once at place 19.8, of 32 places.
    [Fact]
    public void Yarn_stretches_what_hardly_turns_and_makes_heads_longer()
    {
        var config = Of("qwen2", ",\"head_dim\":64,\"rope_theta\":1000000.0,\"rope_scaling\":{\"type\":\"yarn\",\"factor\":4.0,\"original_max_position_embeddings\":32768}");
        Assert.Equal(0.1 * Math.Log(4) + 1, config.RopeScaling!.Magnitude, 1e-12);
        var frequencies = Rotary.Frequencies(config);
        double Plain(int place) => Math.Pow(1e6, -place / 32.0);
        Assert.Equal(Plain(11), frequencies[11], 1e-12);
        Assert.Equal(Plain(15) * (1 - 0.75 * 4 / 9), frequencies[15], 1e-12);
        Assert.Equal(Plain(20) / 4, frequencies[20], 1e-12);
    }

    [Theory]
    [InlineData("{\"model_type\":\"bloom\"}", "model_type is 'bloom'")]
    [InlineData("{\"model_type\":\"llama\",\"num_attention_heads\":4}", "hidden_size is missing")]
    [InlineData("[1]", "a JSON Array")]
    [InlineData("{\"model_type\":", "it is not JSON (line 1)")]
    public void A_file_that_is_no_such_config_is_refused(string json, string found) =>
        Assert.StartsWith($"config.json: {found}; expected", Assert.Throws<InputException>(() => Parse(json)).Message, StringComparison.Ordinal);

    [SharedFact]
    public void Published_configs_of_the_family_are_read()
    {
        var mistral = Published("Mistral-7B-v0.1");
        Assert.Equal((32, 8, 128, 32768, 4096, 32000), (mistral.Heads, mistral.KvHeads, mistral.HeadSize, mistral.Context, mistral.Window, mistral.VocabularySize));
        var smol = Published("SmolLM2-135M");
        Assert.Equal((9, 3, 64, 100000.0, true), (smol.Heads, smol.KvHeads, smol.HeadSize, smol.RopeTheta, smol.TiedEmbeddings));
        Assert.Equal(22, Published("TinyLlama-1.1B-Chat-v1.0").Layers);
        var qwen = Published("Qwen2.5-0.5B-Instruct");
        Assert.Equal((14, 2, 64, 32768, true), (qwen.Heads, qwen.KvHeads, qwen.HeadSize, qwen.Context, qwen.QkvBias));
        Assert.Equal((128, true, 40960), (Published("Qwen3-1.7B").HeadSize, Published("Qwen3-1.7B").QkNorm, Published("Qwen3-1.7B").Context));
    }

    [SharedFact]
    public void The_layout_of_a_published_config_has_the_published_number_of_parameters()
    {
        Assert.Equal(134_515_008, LlamaLayout.Of(Published("SmolLM2-135M")).ParameterCount);
        Assert.Equal(1_100_048_384, LlamaLayout.Of(Published("TinyLlama-1.1B-Chat-v1.0")).ParameterCount);
        Assert.Equal(494_032_768, LlamaLayout.Of(Published("Qwen2.5-0.5B-Instruct")).ParameterCount);
        Assert.Equal(3_085_938_688, LlamaLayout.Of(Published("Qwen2.5-3B")).ParameterCount);
        Assert.Equal(1_720_574_976, LlamaLayout.Of(Published("Qwen3-1.7B")).ParameterCount);
        Assert.Equal(7_241_732_096, LlamaLayout.Of(Published("Mistral-7B-v0.1")).ParameterCount);
    }

    // Gemma 2 of 2.6 billion and Gemma 3 of 1 billion parameters, whose shapes are published in their reports (arXiv 2408.00118, 2503.19786).
    [Theory]
    [InlineData("gemma2", 256_000, 2304, 9216, 26, 8, 4, 2_614_341_888)]
    [InlineData("gemma3_text", 262_144, 1152, 6912, 26, 4, 1, 999_885_952)]
    public void Gemmas_have_the_published_number_of_parameters(string type, int vocabulary, int hidden, int inner, int layers, int heads, int kvHeads, long parameters)
    {
        var config = Parse($$"""
            {"model_type":"{{type}}","vocab_size":{{vocabulary}},"hidden_size":{{hidden}},"intermediate_size":{{inner}},"num_hidden_layers":{{layers}},
            "num_attention_heads":{{heads}},"num_key_value_heads":{{kvHeads}},"head_dim":256}
            """);
        Assert.Equal(parameters, LlamaLayout.Of(config).ParameterCount);
    }

    private static LlamaConfig Published(string name) => HfLlamaConfig.Read(SharedData.PathOf("data", "model_configs", name, "config.json"));

    private static LlamaConfig Of(string type, string extra)
    {
        // Of two fields of one name the last counts.
        return Parse("{" + Small.Replace("llama", type, StringComparison.Ordinal) + (type == "llama" ? "" : ",\"num_key_value_heads\":2") + extra + "}");
    }

    private static LlamaConfig Parse(string json) => HfLlamaConfig.Parse(Encoding.UTF8.GetBytes(json), "config.json");
}

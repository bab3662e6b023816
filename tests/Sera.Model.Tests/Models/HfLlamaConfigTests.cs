using System.Text;
using Sera.Model.Data;
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

    [Fact]
    public void A_sliding_window_shortens_the_context_so_that_no_token_looks_beyond_it()
    {
        var window = Small.Replace("llama", "mistral", StringComparison.Ordinal) + ",\"max_position_embeddings\":32768";
        Assert.Equal(4096, Parse("{" + window + ",\"sliding_window\":4096}").Context);
        Assert.Equal(32768, Parse("{" + window + ",\"sliding_window\":null}").Context);
    }

    [Theory]
    [InlineData(",\"attention_bias\":true", "attention_bias is true")]
    [InlineData(",\"mlp_bias\":true", "mlp_bias is true")]
    [InlineData(",\"rope_scaling\":{\"type\":\"dynamic\",\"factor\":2.0}", "rope scaling is 'dynamic'")]
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
    [InlineData("{\"model_type\":\"gpt2\"}", "model_type is 'gpt2'")]
    [InlineData("{\"model_type\":\"llama\",\"num_attention_heads\":4}", "hidden_size is missing")]
    [InlineData("[1]", "a JSON Array")]
    [InlineData("{\"model_type\":", "it is not JSON (line 1)")]
    public void A_file_that_is_no_such_config_is_refused(string json, string found) =>
        Assert.StartsWith($"config.json: {found}; expected", Assert.Throws<InputException>(() => Parse(json)).Message, StringComparison.Ordinal);

    [SharedFact]
    public void Published_configs_of_the_family_are_read_and_others_refused()
    {
        var mistral = Published("Mistral-7B-v0.1");
        Assert.Equal((32, 8, 128, 4096, 32000), (mistral.Heads, mistral.KvHeads, mistral.HeadSize, mistral.Context, mistral.VocabularySize));
        var smol = Published("SmolLM2-135M");
        Assert.Equal((9, 3, 64, 100000.0, true), (smol.Heads, smol.KvHeads, smol.HeadSize, smol.RopeTheta, smol.TiedEmbeddings));
        Assert.Equal(22, Published("TinyLlama-1.1B-Chat-v1.0").Layers);
        foreach (var other in new[] { "gpt2", "pythia-14m", "Qwen3-1.7B" }) Assert.Throws<InputException>(() => Published(other));
    }

    [SharedFact]
    public void The_layout_of_a_published_config_has_the_published_number_of_parameters()
    {
        Assert.Equal(134_515_008, LlamaLayout.Of(Published("SmolLM2-135M")).ParameterCount);
        Assert.Equal(1_100_048_384, LlamaLayout.Of(Published("TinyLlama-1.1B-Chat-v1.0")).ParameterCount);
        Assert.Equal(7_241_732_096, LlamaLayout.Of(Published("Mistral-7B-v0.1")).ParameterCount);
    }

    private static LlamaConfig Published(string name) => HfLlamaConfig.Read(SharedData.PathOf("data", "model_configs", name, "config.json"));

    private static LlamaConfig Parse(string json) => HfLlamaConfig.Parse(Encoding.UTF8.GetBytes(json), "config.json");
}

using System.Text;
using Sera.Model.Alignment;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Kernels;
using Sera.Model.Models.Llama;
using Xunit;

namespace Sera.Model.Tests.Models;

public sealed class HfGptConfigTests
{
    private const string NeoX = "\"model_type\":\"gpt_neox\",\"hidden_size\":64,\"num_attention_heads\":4";

    [Fact]
    public void Missing_fields_get_the_defaults_of_transformers()
    {
        var neox = Parse("{\"model_type\":\"gpt_neox\"}");
        Assert.Equal((50_432, 6144, 44, 64, 24_576, 96, 2048), (neox.VocabularySize, neox.HiddenSize, neox.Layers, neox.Heads, neox.IntermediateSize, neox.HeadSize, neox.Context));
        Assert.Equal((1e-5, 10_000.0, 0, false, 24), (neox.NormEps, neox.RopeTheta, neox.BosId, neox.TiedEmbeddings, neox.RotarySize));
        Assert.Equal([2], neox.EosIds.ToArray());
        Assert.Equal((true, true, true, true, true, Activation.Gelu), (neox.LayerNorm, neox.ParallelResidual, neox.QkvBias, neox.OutputBias, neox.MlpBias, neox.Activation));
        var gpt2 = Parse("{\"model_type\":\"gpt2\"}");
        Assert.Equal((50_257, 768, 12, 12, 3072, 1024), (gpt2.VocabularySize, gpt2.HiddenSize, gpt2.Layers, gpt2.Heads, gpt2.IntermediateSize, gpt2.Context));
        Assert.Equal((1e-5, true, 50_256, true, 0, Activation.GeluTanh), (gpt2.NormEps, gpt2.TiedEmbeddings, gpt2.BosId, gpt2.LearnedPositions, gpt2.RotarySize, gpt2.Activation));
        Assert.False(gpt2.ParallelResidual);
    }

    [Theory]
    [InlineData(",\"rotary_pct\":0.5,\"rotary_emb_base\":500", 8, 500)]
    [InlineData(",\"partial_rotary_factor\":0.5,\"rotary_pct\":0.5,\"rope_theta\":500,\"rotary_emb_base\":500", 8, 500)]
    [InlineData(",\"rope_scaling\":{\"type\":\"linear\",\"factor\":2.0,\"partial_rotary_factor\":0.5}", 8, 10_000)]
    [InlineData(",\"rope_parameters\":{\"rope_type\":\"default\",\"rope_theta\":7.5,\"partial_rotary_factor\":0.125}", 2, 7.5)]
    [InlineData("", 4, 10_000)]
    public void The_turned_part_of_heads_is_read_in_every_spelling(string extra, int rotary, double theta)
    {
        var config = Parse("{" + NeoX + extra + "}");
        Assert.Equal((rotary, theta), (config.RotarySize, config.RopeTheta));
        Assert.Equal(rotary / 2, Rotary.Frequencies(config).Length);
    }

    [Fact]
    public void Fields_that_concern_other_things_than_the_forward_pass_are_of_no_matter() => Assert.Equal(
        Parse("{" + NeoX + "}") with { EosIds = [] },
        Parse("{" + NeoX + ",\"attention_dropout\":0.1,\"hidden_dropout\":0.2,\"classifier_dropout\":0.1,\"use_cache\":false,\"eos_token_id\":null}") with { EosIds = [] });

    [Theory]
    [InlineData(NeoX, ",\"hidden_act\":\"relu\"", "hidden_act is 'relu'")]
    [InlineData(NeoX, ",\"partial_rotary_factor\":1.0", "partial_rotary_factor is 1.0")]
    [InlineData(NeoX, ",\"rope_theta\":500", "rope_theta is 500")]
    [InlineData(NeoX, ",\"rotary_pct\":0.2", "rotary_pct is 0.2 of heads of 16")]
    [InlineData(NeoX, ",\"rotary_pct\":1.5", "rotary_pct is 1.5 of heads of 16")]
    [InlineData(NeoX, ",\"hidden_size\":66", "hidden_size is 66")]
    [InlineData(NeoX, ",\"quantization_config\":{\"bits\":4}", "quantization_config is {\"bits\":4}")]
    [InlineData(NeoX, ",\"rope_scaling\":{\"type\":\"spiral\",\"factor\":2.0}", "rope scaling is 'spiral'")]
    [InlineData(NeoX, ",\"layer_norm_eps\":\"small\"", "layer_norm_eps is \"small\"")]
    [InlineData("\"model_type\":\"gpt2\"", ",\"scale_attn_by_inverse_layer_idx\":true", "scale_attn_by_inverse_layer_idx is true")]
    [InlineData("\"model_type\":\"gpt2\"", ",\"reorder_and_upcast_attn\":true", "reorder_and_upcast_attn is true")]
    [InlineData("\"model_type\":\"gpt2\"", ",\"scale_attn_weights\":false", "scale_attn_weights is false")]
    [InlineData("\"model_type\":\"gpt2\"", ",\"add_cross_attention\":true", "add_cross_attention is true")]
    [InlineData("\"model_type\":\"gpt2\"", ",\"activation_function\":\"relu\"", "activation_function is 'relu'")]
    [InlineData("\"model_type\":\"gpt2\"", ",\"n_head\":7", "n_embd is 768")]
    public void What_would_change_the_arithmetic_or_is_malformed_is_refused_by_name(string small, string extra, string found) => Assert.StartsWith(
        $"config.json: {found}; expected", Assert.Throws<InputException>(() => Parse("{" + small + extra + "}")).Message, StringComparison.Ordinal);

    [SharedFact]
    public void Published_configs_have_the_published_number_of_parameters()
    {
        HasParameters("pythia-14m", 14_067_712, 32, 8);
        HasParameters("pythia-160m", 162_322_944, 64, 16);
        HasParameters("pythia-2.8b", 2_775_208_960, 80, 20);
        HasParameters("gpt2", 124_439_808, 64, 0);
    }

    private static void HasParameters(string name, long parameters, int headSize, int rotary)
    {
        var config = HfLlamaConfig.Read(SharedData.PathOf("data", "model_configs", name, "config.json"));
        var memory = new LlamaMemory(config);
        Assert.Equal((parameters, headSize, rotary), (memory.ParameterCount, config.HeadSize, config.RotarySize));
        Assert.InRange(memory.Weights(Precision.F32), 4 * parameters, 4.001 * parameters);
    }

    /// <summary>Hidden 16, two heads of 8, inner 32, one layer: what is kept of a token is one stream where blocks stand side by side, and one inner vector without a gate.</summary>
    [Fact]
    public void Memory_by_hand()
    {
        var config = Parse("{\"model_type\":\"gpt_neox\",\"hidden_size\":16,\"num_attention_heads\":2,\"intermediate_size\":32,\"num_hidden_layers\":1,\"vocab_size\":64}");
        var memory = new LlamaMemory(config);
        // Two matrices of the vocabulary; of the layer 12 hidden squared in the attention and two of the inner size, and what they and three norms add.
        const long parameters = 2 * 64 * 16 + 4 * 16 * 16 + 2 * 16 * 32 + (3 * 16 + 16 + 32 + 16) + 3 * 2 * 16;
        Assert.Equal(parameters, memory.ParameterCount);
        const long pass = 10 * 4 * (16 + 2 * 16 + 2 * 16 + 2 * 16 + 2 * 32) + 2 * 10 * 10 * 4 * 2;
        const long logits = 4L << 23;
        const long tape = 10 * 4 * (16 + 2 * 16 + 2 * 16 + 32);
        Assert.Equal(4 * parameters + pass + logits, memory.Scoring(Precision.F32, 10));
        Assert.Equal(5 * 4 * parameters + tape + 2 * 10 * 4 * 16 + pass + 2 * logits, memory.Training(Precision.F32, 10, null, false));
        var lora = new LoraOptions(4, 8, ["dense"]);
        Assert.Equal(4 * parameters + 5 * 4 * (4 * 16 + 16 * 4) + tape + 2 * 10 * 4 * 16 + pass + 2 * logits, memory.Training(Precision.F32, 10, lora, false));
    }

    private static LlamaConfig Parse(string json) => HfLlamaConfig.Parse(Encoding.UTF8.GetBytes(json), "config.json");
}

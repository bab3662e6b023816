using Sera.Model.Alignment;
using Sera.Model.Engine;
using Sera.Model.Models.Llama;
using Xunit;

namespace Sera.Model.Tests.Models;

public sealed class LlamaMemoryTests
{
    /// <summary>Hidden 16, two heads of 8, inner 32, a layer, vocabulary 64, tied: 1024 + 4 * 256 + 3 * 512 + 3 * 16 = 3632 parameters, and no gap.</summary>
    private static readonly LlamaConfig Config = new(64, 16, 32, 1, 2, 2, 8, 128, 1e-5, 10_000, null, true, 0.02, 1, [2]);

    private static readonly LoraOptions Lora = new(4, 8, ["q_proj"]);

    [Fact]
    public void By_hand()
    {
        var memory = new LlamaMemory(Config);
        Assert.Equal((3632, 14_528, 7264), (memory.ParameterCount, memory.Weights(Precision.F32), memory.Weights(Precision.Bf16)));
        // Of a token: the stream, two vectors of its size, query and what is attended, key and value, and three of the inner size; scores of 10 queries and keys twice.
        const long pass = 10 * 4 * (16 + 2 * 16 + 2 * 16 + 2 * 16 + 3 * 32) + 2 * 10 * 10 * 4 * 2;
        const long logits = 4L << 23;
        Assert.Equal(14_528 + pass + logits, memory.Scoring(Precision.F32, 10));
        Assert.Equal(7264 + 3 * 128 * 2 * 16 * 2 + logits, memory.Generation(Precision.Bf16, 3));
        // Five numbers a parameter; of a token and layer: two streams, query, what is attended, key, value, gate and up.
        const long tape = 10 * 4 * (2 * 16 + 2 * 16 + 2 * 16 + 2 * 32);
        Assert.Equal(5 * 14_528 + tape + 2 * 10 * 4 * 16 + pass + 2 * logits, memory.Training(Precision.F32, 10, null, false));
        // A of 4 by 16 and B of 16 by 4.
        Assert.Equal(14_528 + 20 * 128 + tape + 2 * 10 * 4 * 16 + pass + 2 * logits, memory.Training(Precision.F32, 10, Lora, false));
    }

    /// <summary>Beside <see cref="By_hand"/>: two norms of 16 more, what the two blocks gave of 10 tokens, and the capped scores of two heads.</summary>
    [Fact]
    public void Norms_behind_the_blocks_and_caps_take_more()
    {
        var (plain, more) = (new LlamaMemory(Config), new LlamaMemory(Config with { PostNorms = true, AttentionCap = 50 }));
        const long scores = 2 * 10 * 10 * 4;
        Assert.Equal(2 * 16 * 4 + scores, more.Scoring(Precision.F32, 10) - plain.Scoring(Precision.F32, 10));
        Assert.Equal(5 * 2 * 16 * 4 + 10 * 2 * 16 * 4 + scores, more.Training(Precision.F32, 10, null, false) - plain.Training(Precision.F32, 10, null, false));
    }

    [Fact]
    public void Less_is_kept_where_it_is_computed_again_and_of_an_adapter()
    {
        var memory = new LlamaMemory(Config with { Layers = 12 });
        foreach (var precision in new[] { Precision.F32, Precision.Bf16 })
        {
            Assert.True(memory.Training(precision, 4096, null, true) < memory.Training(precision, 4096, null, false));
            Assert.True(memory.Training(precision, 1, Lora, false) < memory.Training(precision, 1, null, false));
            Assert.True(memory.Training(precision, 10, Lora, false) < memory.Training(precision, 20, Lora, false));
        }
        Assert.True(memory.Scoring(Precision.Bf16, 4096) < memory.Scoring(Precision.F32, 4096));
    }
}

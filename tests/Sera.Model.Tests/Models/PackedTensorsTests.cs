using Sera.Model.Engine;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Scoring;
using Sera.Model.Tests.Training;
using Sera.Model.Training;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Models;

public sealed class PackedTensorsTests
{
    [Theory]
    [InlineData(ScalarType.Float32, 3, 6)]
    [InlineData(ScalarType.BFloat16, 3, 16)]
    [InlineData(ScalarType.BFloat16, 14, 32)]
    [InlineData(ScalarType.BFloat16, 13, 16)]
    public void In_bf16_rows_are_filled_up_to_sixteens_that_see_themselves_only(ScalarType type, int prompt, int rows)
    {
        using var golden = GoldenTraining.Full();
        var config = golden.Model.Config;
        using var policy = TrainablePolicy.Full(config, LlamaWeights.Random(config, 1), type, false);
        var batch = new TokenBatch([new TokenGroup("g", [.. Enumerable.Repeat(1, prompt)], [[2, 3, 4, 5]])]);
        using var packed = PackedTensors.Of(batch, policy.Model);
        Assert.Equal(rows, packed.Ids.shape[0]);
        Assert.Equal(rows, packed.Positions.shape[0]);
        Assert.Equal(rows, packed.Segments.Sum(s => s.Count));
        if (rows == batch.Tokens) return;
        var filled = packed.Segments[^1];
        Assert.Equal((batch.Tokens, batch.Tokens, 0), (filled.First, filled.OwnFirst, filled.PrefixCount));
    }
}

using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Scoring;
using static TorchSharp.torch;

namespace Sera.Model.Rewards;

/// <summary>Rewards of responses: the hidden state after a token, after the last norm, times the row of scores, in fp32.</summary>
internal static class RewardValues
{
    /// <param name="score">[1, hidden]; borrowed.</param>
    /// <param name="batch">Whole.</param>
    /// <returns>One number a response token, in the order of TokenBatch.Labels.</returns>
    public static float[] Of(LlamaModel model, Tensor score, TokenBatch batch)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        if (batch.Labels.Count == 0) return [];
        using var packed = PackedTensors.Of(batch, model);
        var hidden = model.Body(packed.Ids, packed.Positions, new SegmentAttention(model.Config, model.Compute, packed.Segments));
        return Of(hidden.index_select(0, tensor([.. batch.Places], int64, model.Device)), score).cpu().data<float>().ToArray();
    }

    /// <param name="states">[response tokens, hidden].</param>
    /// <returns>[response tokens] fp32; owned by the current scope.</returns>
    public static Tensor Of(Tensor states, Tensor score) => states.to(float32).matmul(score.to(float32).t()).view(-1);

    /// <summary>The last reward of each response; NaN where it has no tokens.</summary>
    public static float[] Ends(float[] values, IReadOnlyList<int> lengths)
    {
        var ends = new float[lengths.Count];
        var at = 0;
        for (var i = 0; i < ends.Length; i++)
        {
            at += lengths[i];
            ends[i] = lengths[i] == 0 ? float.NaN : values[at - 1];
        }
        return ends;
    }
}

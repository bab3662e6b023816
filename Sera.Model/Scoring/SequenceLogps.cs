using Sera.Model.Models;
using Sera.Model.Models.Llama;
using static TorchSharp.torch;

namespace Sera.Model.Scoring;

/// <summary>Summed log-probabilities of responses, natural log, log-softmax in fp32.</summary>
public static class SequenceLogps
{
    /// <returns>One number a response, in the order of TokenBatch.Responses. A response of no tokens has 0.</returns>
    public static float[] Of(LlamaModel model, TokenBatch batch) => Sum(OfTokens(model, batch), batch.Lengths);

    /// <returns>One number a response token, in the order of TokenBatch.Labels.</returns>
    public static float[] OfTokens(LlamaModel model, TokenBatch batch)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        if (batch.Labels.Count == 0) return [];
        var logps = model.Compute.LabelLogps(ResponseStates(model, batch), model.Output, DeviceTensors.Of([.. batch.Labels], model.Device)).Logps;
        return logps.cpu().data<float>().ToArray();
    }

    /// <summary>The same of a whole batch, and the mean hidden state of each response (after the last norm, over its tokens, in fp32), which is zero where it has no tokens.</summary>
    public static (float[] Tokens, float[][] States) WithStates(LlamaModel model, TokenBatch batch)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        if (batch.Labels.Count == 0) return ([], [.. batch.Lengths.Select(_ => new float[model.Config.HiddenSize])]);
        using var packed = PackedTensors.Of(batch, model);
        var hidden = model.Body(packed.Ids, packed.Positions, new SegmentAttention(model.Config, model.Compute, packed.Segments));
        var sources = hidden.index_select(0, tensor([.. batch.Sources], int64, model.Device));
        var logps = model.Compute.LabelLogps(sources, model.Output, tensor([.. batch.Labels], int64, model.Device)).Logps;
        var own = hidden.index_select(0, tensor([.. batch.Places], int64, model.Device)).to(float32).cpu();
        return (logps.cpu().data<float>().ToArray(), Means(own.data<float>().ToArray(), batch.Lengths, model.Config.HiddenSize));
    }

    /// <summary>Hidden states that predict the response tokens: the body over all tokens, without the output matrix.</summary>
    /// <returns>[response tokens, hidden]; the caller owns it.</returns>
    public static Tensor ResponseStates(LlamaModel model, TokenBatch batch)
    {
        using var scope = NewDisposeScope();
        using var packed = PackedTensors.Of(batch, model);
        var hidden = model.Body(packed.Ids, packed.Positions, FusedSegmentAttention.For(model, packed.Segments));
        return hidden.index_select(0, DeviceTensors.Of([.. batch.Sources], model.Device)).MoveToOuterDisposeScope();
    }

    /// <summary>Means of the rows of each response, added up in fp64.</summary>
    private static float[][] Means(ReadOnlySpan<float> states, IReadOnlyList<int> lengths, int width)
    {
        var means = new float[lengths.Count][];
        var (sum, at) = (new double[width], 0);
        for (var i = 0; i < means.Length; i++)
        {
            Array.Clear(sum);
            for (var end = at + lengths[i]; at < end; at++)
            {
                for (var j = 0; j < width; j++) sum[j] += states[at * width + j];
            }
            means[i] = [.. sum.Select(s => (float)(s / Math.Max(1, lengths[i])))];
        }
        return means;
    }

    /// <summary>Sums of the tokens of each response, in fp64 inside: a response may have thousands.</summary>
    internal static float[] Sum(ReadOnlySpan<float> tokens, IReadOnlyList<int> lengths)
    {
        var sums = new float[lengths.Count];
        var at = 0;
        for (var i = 0; i < sums.Length; i++)
        {
            var sum = 0.0;
            for (var end = at + lengths[i]; at < end; at++) sum += tokens[at];
            sums[i] = (float)sum;
        }
        return sums;
    }
}

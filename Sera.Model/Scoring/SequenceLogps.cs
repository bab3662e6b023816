using Sera.Model.Models;
using Sera.Model.Models.Llama;
using static TorchSharp.torch;

namespace Sera.Model.Scoring;

/// <summary>Summed log-probabilities of responses, natural log, log-softmax in fp32.</summary>
public static class SequenceLogps
{
    // Logits held at once: 32 MiB in fp32. Large enough for efficient products, small enough that memory does not grow with batch x vocabulary.
    internal const long LogitElements = 1 << 23;

    /// <returns>One number a response, in the order of TokenBatch.Responses. A response of no tokens has 0.</returns>
    public static float[] Of(LlamaModel model, TokenBatch batch)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return Sum(OfTokens(model, ResponseStates(model, batch), tensor([.. batch.Labels], int64, model.Device)), batch.Lengths);
    }

    /// <summary>Hidden states that predict the response tokens: the body over all tokens, without the output matrix.</summary>
    /// <returns>[response tokens, hidden]; the caller owns it.</returns>
    public static Tensor ResponseStates(LlamaModel model, TokenBatch batch)
    {
        using var scope = NewDisposeScope();
        using var packed = new PackedTensors(batch.Ids, batch.Positions, batch.Segments, model.Device);
        var hidden = model.Body(packed.Ids, packed.Positions, new SegmentAttention(model.Config, model.Compute, batch.Segments));
        return hidden.index_select(0, tensor([.. batch.Sources], int64, model.Device)).MoveToOuterDisposeScope();
    }

    /// <summary>Log-probability of each label, the output matrix applied to a few positions at a time.</summary>
    /// <param name="states">[response tokens, hidden].</param>
    /// <param name="labels">[response tokens] int64.</param>
    /// <returns>[response tokens].</returns>
    public static float[] OfTokens(LlamaModel model, Tensor states, Tensor labels)
    {
        var logps = new float[states.shape[0]];
        var chunk = Math.Max(64, LogitElements / model.Config.VocabularySize);
        for (long at = 0; at < logps.Length; at += chunk)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(chunk, logps.Length - at);
            var logits = model.Head(states.narrow(0, at, count)); // [count, vocabulary]
            model.Compute.LabelLogps(logits, labels.narrow(0, at, count)).Logps.cpu().data<float>().CopyTo(logps, (int)at);
        }
        return logps;
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

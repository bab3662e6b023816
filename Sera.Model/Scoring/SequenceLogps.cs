using Sera.Model.Models;
using Sera.Model.Models.Llama;
using static TorchSharp.torch;

namespace Sera.Model.Scoring;

/// <summary>Summed log-probabilities of responses, natural log, fp32. With gradients unless the caller is in no_grad.</summary>
public static class SequenceLogps
{
    // Logits held at once: 32 MiB. Large enough for efficient products, small enough that memory does not grow with batch x vocabulary.
    private const long LogitElements = 1 << 23;

    /// <returns>[responses], in the order of TokenBatch.Responses; the caller owns it. A response of no tokens has 0.</returns>
    public static Tensor Of(LlamaModel model, BatchTensors batch)
    {
        using var scope = NewDisposeScope();
        var tokens = OfTokens(model, ResponseStates(model, batch), batch.Labels);
        return Sum(tokens, batch).MoveToOuterDisposeScope();
    }

    /// <summary>Hidden states that predict the response tokens: the body over all rows, without the output matrix.</summary>
    /// <returns>[response tokens, hidden]; the caller owns it.</returns>
    public static Tensor ResponseStates(LlamaModel model, BatchTensors batch)
    {
        using var scope = NewDisposeScope();
        var hidden = model.Body(batch.Ids, batch.Positions, new MaskedAttention(batch.Mask));
        return hidden.view(-1, model.Config.HiddenSize).index_select(0, batch.Sources).MoveToOuterDisposeScope();
    }

    /// <summary>Log-probability of each label, the output matrix applied to a few positions at a time.</summary>
    /// <param name="states">[response tokens, hidden].</param>
    /// <param name="labels">[response tokens] int64.</param>
    /// <returns>[response tokens] fp32; the caller owns it.</returns>
    public static Tensor OfTokens(LlamaModel model, Tensor states, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var chunk = Math.Max(64, LogitElements / model.Config.VocabularySize);
        var parts = new List<Tensor>();
        for (long at = 0; at < states.shape[0]; at += chunk)
        {
            using var inner = NewDisposeScope();
            var count = Math.Min(chunk, states.shape[0] - at);
            var logits = model.Head(states.narrow(0, at, count)); // [count, vocabulary]
            var chosen = logits.gather(1, labels.narrow(0, at, count).unsqueeze(1)).squeeze(1);
            parts.Add((chosen - logits.logsumexp(1)).MoveToOuterDisposeScope());
        }
        return (parts.Count == 0 ? zeros([0], float32, states.device) : cat(parts, 0)).MoveToOuterDisposeScope();
    }

    /// <summary>Sums of the tokens of each response.</summary>
    /// <returns>[responses]; the caller owns it.</returns>
    public static Tensor Sum(Tensor tokens, BatchTensors batch)
    {
        using var scope = NewDisposeScope();
        return zeros([batch.Responses], float32, tokens.device).index_add(0, batch.Owners, tokens, Scalars.One).MoveToOuterDisposeScope();
    }
}

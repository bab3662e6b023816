using Sera.Model.Alignment.Losses;

namespace Sera.Model.Alignment.Tokens;

/// <summary>
/// How much each token of a response counts in its summed log-probability, under policy and reference alike. Weights are constants to the
/// gradient. Stateless. A new one is a file here and a line in <see cref="TokenWeightings"/>.
/// </summary>
public abstract class TokenWeighting
{
    /// <summary>The value of loss.token-weights that chooses it.</summary>
    public abstract string Name { get; }

    /// <summary>In the notation of docs/methods.md.</summary>
    public abstract string Formula { get; }

    /// <summary>Where it is published.</summary>
    public abstract string Source { get; }

    /// <summary>What it reads, and its default.</summary>
    public abstract (LossParameter Parameter, double Default) Parameter { get; }

    /// <summary>Whether <see cref="PairColumn.Edits"/> is read.</summary>
    public virtual bool NeedsEdits => false;

    /// <param name="logps">Of the tokens of one response.</param>
    /// <param name="otherLength">Tokens of the other response of the pair.</param>
    /// <param name="edits">Places of the tokens that the other response does not have, ascending; empty where nobody asked for them.</param>
    /// <param name="weights">Written, one a token.</param>
    public void Fill(LossOptions options, ReadOnlySpan<float> logps, int otherLength, ReadOnlySpan<int> edits, Span<float> weights) =>
        Fill(options.Parameter(Parameter.Parameter) ?? Parameter.Default, logps, otherLength, edits, weights);

    /// <summary>The sum of a response's weighted log-probabilities, nats.</summary>
    public float Sum(LossOptions options, ReadOnlySpan<float> logps, int otherLength, ReadOnlySpan<int> edits)
    {
        var weights = new float[logps.Length];
        Fill(options, logps, otherLength, edits, weights);
        var sum = 0.0;
        for (var i = 0; i < weights.Length; i++) sum += weights[i] * logps[i];
        return (float)sum;
    }

    protected abstract void Fill(double parameter, ReadOnlySpan<float> logps, int otherLength, ReadOnlySpan<int> edits, Span<float> weights);
}

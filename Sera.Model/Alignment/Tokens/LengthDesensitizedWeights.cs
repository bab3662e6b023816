using Sera.Model.Alignment.Losses;

namespace Sera.Model.Alignment.Tokens;

/// <summary>What a response is longer than the other counts less, so that length by itself makes no margin (LD-DPO).</summary>
internal sealed class LengthDesensitizedWeights : TokenWeighting
{
    public override string Name => "ld";

    public override string Formula => "1 for the first min(n_w, n_l) tokens, ld-alpha for those after them";

    public override string Source => "arXiv 2409.06411, as in TRL";

    public override (LossParameter Parameter, double Default) Parameter => (LossParameter.LdAlpha, 0.5);

    protected override void Fill(double alpha, ReadOnlySpan<float> logps, int otherLength, ReadOnlySpan<int> edits, Span<float> weights)
    {
        var common = Math.Min(logps.Length, otherLength);
        weights[..common].Fill(1);
        weights[common..].Fill((float)alpha);
    }
}

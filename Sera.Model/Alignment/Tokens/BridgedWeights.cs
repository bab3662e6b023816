using Sera.Model.Alignment.Losses;

namespace Sera.Model.Alignment.Tokens;

/// <summary>Tokens in which the two responses differ count more, the more so the less likely they are (BMC, the modelling half; its bridging half needs an editor of responses).</summary>
internal sealed class BridgedWeights : TokenWeighting
{
    public override string Name => "bmc";

    public override string Formula => "1 + min(1 / p, bmc-cap) where the responses differ, p = probability of the token; 1 elsewhere";

    public override string Source => "arXiv 2408.07471, its authors' code";

    public override (LossParameter Parameter, double Default) Parameter => (LossParameter.BmcCap, 2);

    public override bool NeedsEdits => true;

    protected override void Fill(double cap, ReadOnlySpan<float> logps, int otherLength, ReadOnlySpan<int> edits, Span<float> weights)
    {
        weights.Fill(1);
        foreach (var i in edits) weights[i] += (float)Math.Min(Math.Exp(-(double)logps[i]), cap);
    }
}

using Sera.Model.Checkpoints;
using Sera.Model.Engine;

namespace Sera.Host.Compute;

/// <summary>What computes: libtorch, or nothing at all for measuring coordination.</summary>
/// <param name="SimulatedTokensPerSecond">Speed of the device that is waited for; null = libtorch.</param>
internal sealed record EngineChoice(double? SimulatedTokensPerSecond = null)
{
    public bool IsSimulated => SimulatedTokensPerSecond is not null;

    public EngineKind Kind(TorchSettings torch) => IsSimulated ? EngineKind.Simulated : EngineKinds.Of(torch.Precision);

    public string Fingerprint(TorchSettings torch) =>
        SimulatedTokensPerSecond is { } rate ? SimulatedPolicyEngine.NameOf(rate) : torch.Fingerprint();

    public IPolicyEngine Create(PolicyCache policies, ArtifactStore store, TorchSettings torch) =>
        SimulatedTokensPerSecond is { } rate ? new SimulatedPolicyEngine(store, rate) : new TorchPolicyEngine(policies, store, torch);
}

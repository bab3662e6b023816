namespace Sera.Model.Engine;

/// <summary>What numbers an engine makes. Results of one kind are never mixed with those of another within a run.</summary>
public enum EngineKind
{
    /// <summary>Computes in fp32.</summary>
    F32,

    /// <summary>Computes in bf16.</summary>
    Bf16,

    /// <summary>Computes nothing (see <see cref="SimulatedPolicyEngine"/>).</summary>
    Simulated,
}

public static class EngineKinds
{
    /// <param name="fingerprint">Of an engine, or of a run.</param>
    public static EngineKind Of(string fingerprint) =>
        SimulatedPolicyEngine.Is(fingerprint) ? EngineKind.Simulated : fingerprint.Split(' ').Contains("bf16") ? EngineKind.Bf16 : EngineKind.F32;

    public static EngineKind Of(Precision precision) => precision == Precision.Bf16 ? EngineKind.Bf16 : EngineKind.F32;
}

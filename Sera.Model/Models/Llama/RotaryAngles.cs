using static TorchSharp.torch;

namespace Sera.Model.Models.Llama;

/// <summary>Cosines and sines of the angles of some tokens, each [tokens, half of what is turned of a head] fp32.</summary>
/// <param name="Cos">Of layers that see everything.</param>
/// <param name="SlidingCos">Of layers that slide; the same tensor where they turn alike.</param>
internal sealed record RotaryAngles(Tensor Cos, Tensor Sin, Tensor SlidingCos, Tensor SlidingSin) : IDisposable
{
    public (Tensor Cos, Tensor Sin) Of(bool slides) => slides ? (SlidingCos, SlidingSin) : (Cos, Sin);

    /// <summary>Those that turn back, which is the gradient; owned by the current scope.</summary>
    public RotaryAngles Back()
    {
        var sin = Sin.neg();
        return this with { Sin = sin, SlidingSin = ReferenceEquals(Sin, SlidingSin) ? sin : SlidingSin.neg() };
    }

    /// <summary>Takes them out of the current scope; the caller owns them.</summary>
    public RotaryAngles Kept()
    {
        foreach (var tensor in All) tensor.DetachFromDisposeScope();
        return this;
    }

    public void Dispose()
    {
        foreach (var tensor in All) tensor.Dispose();
    }

    private IEnumerable<Tensor> All => ReferenceEquals(Cos, SlidingCos) ? [Cos, Sin] : [Cos, Sin, SlidingCos, SlidingSin];
}

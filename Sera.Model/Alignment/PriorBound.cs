namespace Sera.Model.Alignment;

/// <summary>How far apart the rewards of two responses may be, by how alike they are a priori: D = scale / (similarity + softening) + shift (PCRM, arXiv 2404.00978, its authors' code).</summary>
/// <param name="Scale">&gt; 0.</param>
/// <param name="Softening">&gt; 0.</param>
public sealed record PriorBound(double Scale, double Softening, double Shift)
{
    /// <summary>The values of the authors' reward models on AlpacaFarm.</summary>
    public static PriorBound Default { get; } = new(20, 0.001, -15);

    /// <summary>In reward units; the margin that costs least is half of it.</summary>
    public double Of(double similarity) => Scale / (similarity + Softening) + Shift;
}

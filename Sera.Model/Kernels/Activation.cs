namespace Sera.Model.Kernels;

/// <summary>What stands between the two products of a feed-forward block.</summary>
public enum Activation
{
    /// <summary>silu(gate) * up, of two products side by side (arXiv 2002.05202).</summary>
    GatedSilu,

    /// <summary>x Phi(x), Phi the normal distribution function (arXiv 1606.08415).</summary>
    Gelu,

    /// <summary>The same with x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 in its place: gelu_new, gelu_fast and gelu_pytorch_tanh of transformers.</summary>
    GeluTanh,

    /// <summary>That of the gate, times up (Gemma).</summary>
    GatedGeluTanh,
}

public static class Activations
{
    /// <summary>Whether it multiplies two products.</summary>
    public static bool IsGated(this Activation kind) => kind is Activation.GatedSilu or Activation.GatedGeluTanh;
}

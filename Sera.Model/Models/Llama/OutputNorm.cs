using Sera.Model.Kernels;
using static TorchSharp.torch;

namespace Sera.Model.Models.Llama;

/// <summary>RMSNorm of what a block gives, before it is added to the stream (Gemma 2 and 3). Borrows its parameters.</summary>
internal sealed record OutputNorm(LlamaConfig Config, IKernels Kernels, NormWeight Norm)
{
    /// <param name="output">[tokens, hidden] in compute type.</param>
    /// <returns>The same, normalized; owned by the current scope.</returns>
    public Tensor Apply(Tensor output) => Normalize(output).Y;

    /// <summary>The same, and what <see cref="Backward"/> needs beside <paramref name="output"/>: 1 / rms, [tokens] fp32. Both owned by the current scope.</summary>
    public (Tensor Y, OutputNormTape Tape) Record(Tensor output)
    {
        var (y, scale) = Normalize(output);
        return (y, new OutputNormTape(output, scale));
    }

    /// <summary>Adds the gradients of what is trained.</summary>
    /// <param name="dy">Gradient of what came out, [tokens, hidden] in compute type.</param>
    /// <returns>Gradient of what was normalized, in compute type; owned by the current scope.</returns>
    public Tensor Backward(OutputNormTape tape, Tensor dy)
    {
        using var scope = NewDisposeScope();
        var dOutput = zeros(dy.shape, float32, dy.device);
        Kernels.NormBackward(tape.Output.to(float32), tape.Scale, Norm, dy, dOutput);
        return dOutput.to(dy.dtype).MoveToOuterDisposeScope();
    }

    private (Tensor Y, Tensor Scale) Normalize(Tensor output)
    {
        using var scope = NewDisposeScope();
        var (y, scale) = Kernels.AddNorm(output.to(float32), null, Norm, (float)Config.NormEps);
        return scope.MoveToOuter(y, scale);
    }
}

/// <summary>What a block gave, [tokens, hidden] in compute type, and 1 / rms of it, [tokens] fp32. Owns the tensors.</summary>
internal sealed record OutputNormTape(Tensor Output, Tensor Scale) : IDisposable
{
    /// <summary>Takes the tensors out of the current scope.</summary>
    public OutputNormTape Kept()
    {
        Output.DetachFromDisposeScope();
        Scale.DetachFromDisposeScope();
        return this;
    }

    public void Dispose()
    {
        Output.Dispose();
        Scale.Dispose();
    }
}

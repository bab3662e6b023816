using static TorchSharp.torch;

namespace Sera.Model.Kernels;

/// <summary>
/// What a transformer does to each token beside the matrix products, each as one pass. "Compute type" is the type of the parameters (fp32 or
/// bf16); arithmetic is fp32 inside whatever the storage. All tensors are contiguous and on one device; results are owned by the caller's scope.
/// </summary>
internal interface IKernels
{
    /// <summary>
    /// Adds to the residual stream, then normalizes it: x += delta; y = x / rms(x) * weight (RMSNorm, arXiv 1910.07467), or, with a bias,
    /// y = (x - mean(x)) / sqrt(variance(x) + eps) * weight + bias (LayerNorm, arXiv 1607.06450).
    /// </summary>
    /// <param name="x">[tokens, hidden] fp32, changed in place.</param>
    /// <param name="delta">[tokens, hidden] in compute type; null for nothing.</param>
    /// <returns>y, [tokens, hidden] in compute type, and 1 / rms, or 1 / deviation, [tokens] fp32.</returns>
    (Tensor Y, Tensor Scale) AddNorm(Tensor x, Tensor? delta, NormWeight norm, float eps);

    /// <summary>Gradient of the normalization, added to that of the residual stream and of what is trained of the norm.</summary>
    /// <param name="x">[tokens, hidden] fp32, as it was normalized.</param>
    /// <param name="scale">[tokens] fp32, from <see cref="AddNorm"/>.</param>
    /// <param name="dy">[tokens, hidden] in compute type.</param>
    /// <param name="dx">[tokens, hidden] fp32, added to.</param>
    void NormBackward(Tensor x, Tensor scale, NormWeight norm, Tensor dy, Tensor dx);

    /// <summary>Turns the two halves of the first heads, or of the first part of each, by the angles of their positions (arXiv 2104.09864), in place.</summary>
    /// <param name="heads">[tokens, all heads, head size] in compute type.</param>
    /// <param name="turned">How many of the heads.</param>
    /// <param name="cos">[tokens, half of what is turned of a head] fp32.</param>
    /// <param name="sin">The same; its negative turns back, which is the gradient.</param>
    void Rotate(Tensor heads, long turned, Tensor cos, Tensor sin);

    /// <summary>A function of the gate, times up (arXiv 2002.05202).</summary>
    /// <param name="gateUp">[tokens, 2 * size] in compute type: gate, then up.</param>
    /// <param name="kind">One that is gated.</param>
    /// <returns>[tokens, size] in compute type.</returns>
    Tensor Gate(Tensor gateUp, Activation kind);

    /// <summary>Gradient of <see cref="Gate"/>, written over <paramref name="gateUp"/>.</summary>
    /// <param name="dGated">[tokens, size] in compute type.</param>
    void GateBackward(Tensor gateUp, Tensor dGated, Activation kind);

    /// <param name="x">[tokens, size] in compute type.</param>
    /// <param name="kind">One that is not gated.</param>
    /// <returns>[tokens, size] in compute type.</returns>
    Tensor Activate(Tensor x, Activation kind);

    /// <summary>Gradient of <see cref="Activate"/>, written over <paramref name="x"/>.</summary>
    /// <param name="dy">[tokens, size] in compute type.</param>
    void ActivateBackward(Tensor x, Tensor dy, Activation kind);

    /// <summary>Softmax over the keys a query sees, zero for the others, in place.</summary>
    /// <param name="scores">[heads, queries * group, keys] in compute type, unscaled; row r is query r % queries.</param>
    void Softmax(Tensor scores, Visibility visible, float scale);

    /// <summary>Gradient of the unscaled scores, written over <paramref name="dProbabilities"/>.</summary>
    void SoftmaxBackward(Tensor probabilities, Tensor dProbabilities, Visibility visible, float scale);

    /// <summary>Scores or logits that grow no larger than a cap: x = cap tanh(scale x / cap), in place (arXiv 2408.00118 section 2.1).</summary>
    /// <param name="x">[..] in compute type, or fp32.</param>
    void Cap(Tensor x, float scale, float cap);

    /// <summary>Gradient of what was capped, written over that of the capped, <paramref name="d"/>.</summary>
    /// <param name="capped">What <see cref="Cap"/> gave; of the same type and shape.</param>
    void CapBackward(Tensor capped, Tensor d, float scale, float cap);

    /// <param name="states">[rows, hidden] in compute type.</param>
    /// <returns>[rows, vocabulary] fp32. On the CPU they are not rounded to the compute type on the way: margins are small differences of their sums.</returns>
    Tensor Logits(Tensor states, OutputMatrix output);

    /// <summary>Log-probability of a label a row, from hidden states: the logits are never held.</summary>
    /// <param name="states">[rows, hidden] in compute type.</param>
    /// <inheritdoc cref="LabelLogps(Tensor, Tensor)"/>
    (Tensor Logps, Tensor LogSums) LabelLogps(Tensor states, OutputMatrix output, Tensor labels);

    /// <summary>Log-probability of a label a row.</summary>
    /// <param name="logits">[rows, vocabulary] fp32.</param>
    /// <param name="labels">[rows] int64.</param>
    /// <returns>Log-probabilities and the logarithms of the sums of exponentials, each [rows] fp32.</returns>
    (Tensor Logps, Tensor LogSums) LabelLogps(Tensor logits, Tensor labels);

    /// <summary>Gradient of the products that logits were made of, from that of the log-probabilities. The logits are of no use after it.</summary>
    /// <param name="dLogps">[rows] fp32.</param>
    /// <param name="cap">Of the output matrix.</param>
    /// <returns>[rows, vocabulary] in <paramref name="type"/>.</returns>
    Tensor LabelBackward(Tensor logits, Tensor labels, Tensor logSums, Tensor dLogps, ScalarType type, float cap = 0);

    /// <summary>One step of AdamW over flat buffers, all [n] fp32, in place.</summary>
    /// <param name="copy">[n] bf16: the parameters as the forward reads them, written along; null where it reads the parameters themselves.</param>
    /// <param name="decayed">Length of the leading part that decays.</param>
    void AdamW(Tensor parameters, Tensor gradient, Tensor first, Tensor second, Tensor? copy, long decayed, AdamStep step);
}

/// <summary>Which keys each query of a segment sees: two runs of them, and nothing else.</summary>
/// <param name="Runs">Four numbers a query: first key and end of the first run, first key and end of the second; a run may be empty.</param>
/// <param name="Keys">How many keys there are.</param>
internal sealed record Visibility(int[] Runs, int Keys)
{
    public int Queries => Runs.Length / 4;

    /// <summary>The same where a query sees no more than the last keys of its two runs, which follow each other.</summary>
    /// <param name="window">How many.</param>
    /// <returns>This, where none sees more anyway.</returns>
    public Visibility Within(int window)
    {
        if (Keys <= window) return this;
        var runs = (int[])Runs.Clone();
        for (var i = 0; i < runs.Length; i += 4)
        {
            var hidden = Math.Max(0, runs[i + 1] - runs[i] + runs[i + 3] - runs[i + 2] - window);
            var ofFirst = Math.Min(hidden, runs[i + 1] - runs[i]);
            runs[i] += ofFirst;
            runs[i + 2] += hidden - ofFirst;
        }
        return new Visibility(runs, Keys);
    }

    /// <summary>Whether every query sees all keys up to its own place, and there are no others.</summary>
    public bool IsCausal => Keys == Queries
        && Enumerable.Range(0, Queries).All(q => Runs[4 * q] == Runs[4 * q + 1] && Runs[4 * q + 2] == 0 && Runs[4 * q + 3] == q + 1);
}

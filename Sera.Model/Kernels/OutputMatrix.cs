using static TorchSharp.torch;

namespace Sera.Model.Kernels;

/// <summary>What makes logits of hidden states. Borrows the matrix.</summary>
/// <param name="Weight">[vocabulary, hidden] in compute type.</param>
/// <param name="Cap">Logits are Cap tanh(product / Cap); 0 for the products as they are.</param>
internal readonly record struct OutputMatrix(Tensor Weight, float Cap = 0);

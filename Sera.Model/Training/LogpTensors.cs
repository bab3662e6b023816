using static TorchSharp.torch;

namespace Sera.Model.Training;

/// <summary>
/// What a direct alignment loss sees of a batch of pairs, each tensor [pairs] fp32: summed log-probabilities (natural log) of chosen and
/// rejected under the policy (with gradients) and under the reference (constants), and response lengths in tokens. Borrowed.
/// </summary>
public readonly record struct LogpTensors(
    Tensor Chosen, Tensor Rejected, Tensor RefChosen, Tensor RefRejected, Tensor ChosenLengths, Tensor RejectedLengths);

using Sera.Model.Alignment;
using static TorchSharp.torch;

namespace Sera.Model.Training;

/// <summary>A direct alignment loss on tensors, the twin of the scalar oracle of the same name.</summary>
/// <param name="Name">As in <see cref="LossOptions.Name"/>.</param>
/// <param name="PerPair">Loss of each pair, [pairs] fp32, unreduced. Finite wherever the log-probabilities are.</param>
public sealed record TensorLoss(string Name, Func<LogpTensors, LossOptions, Tensor> PerPair);

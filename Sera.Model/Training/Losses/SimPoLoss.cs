using Sera.Model.Alignment;
using Sera.Model.Models;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sera.Model.Training.Losses;

/// <summary>
/// SimPO (arXiv 2405.14734, equation 6): -log sigmoid(beta * (mean logp of chosen - mean logp of rejected) - gamma); no reference.
/// </summary>
internal static class SimPoLoss
{
    public static readonly TensorLoss Entry = new("simpo", PerPair);

    private static Tensor PerPair(LogpTensors logps, LossOptions options) =>
        -F.logsigmoid((logps.Chosen / logps.ChosenLengths - logps.Rejected / logps.RejectedLengths).mul(Scalars.Kept(options.Beta)).sub(Scalars.Kept(options.TargetMargin)));
}

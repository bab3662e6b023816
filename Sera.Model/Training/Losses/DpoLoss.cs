using Sera.Model.Alignment;
using Sera.Model.Models;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sera.Model.Training.Losses;

/// <summary>Direct preference optimization (arXiv 2305.18290, equation 7): -log sigmoid(beta * d), d = difference of the log-ratios.</summary>
internal static class DpoLoss
{
    public static readonly TensorLoss Entry = new("dpo", PerPair);

    private static Tensor PerPair(LogpTensors logps, LossOptions options) =>
        -F.logsigmoid((logps.Chosen - logps.RefChosen - (logps.Rejected - logps.RefRejected)).mul(Scalars.Kept(options.Beta)));
}

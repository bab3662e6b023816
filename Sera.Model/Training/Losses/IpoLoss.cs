using Sera.Model.Alignment;
using Sera.Model.Models;
using static TorchSharp.torch;

namespace Sera.Model.Training.Losses;

/// <summary>
/// IPO (arXiv 2310.12036, equation 17) in the form of TRL: the log-ratios are averaged over each response's tokens before their
/// difference is drawn to 1 / (2 beta).
/// </summary>
internal static class IpoLoss
{
    public static readonly TensorLoss Entry = new("ipo", PerPair);

    private static Tensor PerPair(LogpTensors logps, LossOptions options)
    {
        var chosen = (logps.Chosen - logps.RefChosen) / logps.ChosenLengths;
        var rejected = (logps.Rejected - logps.RefRejected) / logps.RejectedLengths;
        var distance = (chosen - rejected).sub(Scalars.Kept(1 / (2 * options.Beta)));
        return distance * distance;
    }
}

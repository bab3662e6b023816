using Sera.Model.Alignment;
using Sera.Model.Models;
using static TorchSharp.torch;

namespace Sera.Model.Training.Losses;

/// <summary>SLiC-HF's hinge (arXiv 2305.10425) on the implicit reward margin, as a direct alignment loss: max(0, 1 - beta * d).</summary>
internal static class SlicHfLoss
{
    public static readonly TensorLoss Entry = new("slic-hf", PerPair);

    private static Tensor PerPair(LogpTensors logps, LossOptions options) =>
        (logps.Chosen - logps.RefChosen - (logps.Rejected - logps.RefRejected)).mul(Scalars.Kept(-options.Beta)).add(Scalars.One).relu();
}

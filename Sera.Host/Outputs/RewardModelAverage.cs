using Sera.Host.Compute;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Rewards;
using Sera.Model.Tokenization;

namespace Sera.Host.Outputs;

/// <summary>The uniform average of reward models that were trained from one policy (WARM, arXiv 2401.12187).</summary>
internal static class RewardModelAverage
{
    /// <param name="data">Pairs whose held-out share it is measured on; null for none.</param>
    /// <exception cref="InputException">One of them is no reward model, or is of another start.</exception>
    public static RewardModelRecord Write(string[] folders, DataOptions? data, string folder, TorchSettings settings, CancellationToken stop)
    {
        // In one order whatever the order given, so that the sum is the same to the last bit.
        var members = folders.Select(RewardModelFolder.Open).OrderBy(member => member.Digest, StringComparer.Ordinal).ToArray();
        var starts = members.Select(member => RewardModelFolder.ReadRecord(member).Start).ToArray();
        for (var i = 1; i < members.Length; i++)
        {
            if (starts[i] != starts[0] || members[i].Digest == members[0].Digest)
                throw new InputException(
                    members[i].Path, starts[i] != starts[0] ? $"a reward model that began as the policy {starts[i][..12]}" : $"the same reward model as {members[0].Path}",
                    $"other reward models that began as {starts[0][..12]}", "average those of one start");
        }
        var first = members[0];
        var heldOut = data is null ? [] : RewardPairs.Rows(data, first, HfTokenizer.Load(first.Path)).HeldOut;
        var weights = members.Select(PolicyWeights.Open).ToArray();
        try
        {
            var sum = PolicySum.Of(LlamaLayout.OfReward(first.Config), [.. weights.Zip(WeightSum.Average(members.Length))]);
            var record = new RewardModelRecord(starts[0], null, null, null, null, [.. members.Select(m => m.Digest)], null);
            return RewardModelExport.Write(sum, first, folder, record, heldOut, settings, stop);
        }
        finally
        {
            foreach (var each in weights) each.Dispose();
        }
    }
}

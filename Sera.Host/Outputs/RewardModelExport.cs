using System.Collections.Immutable;
using Sera.Host.Commands;
using Sera.Host.Compute;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Evaluation;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Rewards;
using static TorchSharp.torch;

namespace Sera.Host.Outputs;

/// <summary>Measures a reward model on pairs kept aside and writes its folder.</summary>
internal static class RewardModelExport
{
    private const int BatchTokens = 4096;

    /// <param name="trained">Safetensors, laid out by <see cref="LlamaLayout.OfReward"/>.</param>
    /// <param name="start">Whose config and tokenizer it has.</param>
    /// <returns>The record with what was measured.</returns>
    public static RewardModelRecord Write(
        string trained, PolicyFolder start, string folder, RewardModelRecord record, ImmutableArray<PairRow> heldOut, TorchSettings settings, CancellationToken stop)
    {
        using var file = WeightFiles.OpenFile(trained);
        return Write(LlamaWeights.LoadAs(LlamaLayout.OfReward(start.Config), file, start.Config), start, folder, record, heldOut, settings, stop);
    }

    /// <inheritdoc cref="Write(string, PolicyFolder, string, RewardModelRecord, ImmutableArray{PairRow}, TorchSettings, CancellationToken)"/>
    /// <param name="weights">[LlamaLayout.OfReward(start.Config).Length] fp32 on the CPU; owned from now on.</param>
    public static RewardModelRecord Write(
        Tensor weights, PolicyFolder start, string folder, RewardModelRecord record, ImmutableArray<PairRow> heldOut, TorchSettings settings, CancellationToken stop)
    {
        using var parameters = FlatParameters.Frozen(LlamaLayout.OfReward(start.Config), weights);
        var measured = record with { HeldOut = heldOut.IsEmpty ? null : Measure(parameters, start.Config, heldOut, settings, stop) };
        RewardModelFolder.Write(folder, start, parameters, measured);
        return measured;
    }

    private static Reliability Measure(FlatParameters parameters, LlamaConfig config, ImmutableArray<PairRow> heldOut, TorchSettings settings, CancellationToken stop)
    {
        using var there = FlatParameters.Frozen(parameters.Layout, parameters.Flat.to(settings.Device, copy: true));
        using var model = RewardModelFolder.ModelOf(config, there);
        using var work = new RewardScoringWork(model, RewardPairs.Groups(heldOut), BatchTokens);
        return Reliability.Of(Quanta.Run(work, "measure", null, stop).Select(g => (double)g.Rewards!.Value[0] - g.Rewards.Value[1]));
    }
}

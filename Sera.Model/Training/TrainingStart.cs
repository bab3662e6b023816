using Sera.Model.Adapters;
using Sera.Model.Alignment;
using Sera.Model.Data;
using static TorchSharp.torch;

namespace Sera.Model.Training;

/// <summary>Makes a loaded policy trainable: a copy of all its weights, or an adapter (its own or a fresh one) over them.</summary>
internal static class TrainingStart
{
    /// <param name="start">Owned from now on.</param>
    /// <param name="lora">Null for full fine-tuning.</param>
    /// <param name="seed">Of the training; a fresh adapter is drawn from a child of it.</param>
    /// <exception cref="InputException">The policy carries an adapter that this training cannot go on with.</exception>
    public static TrainablePolicy Open(StartingPolicy start, LoraOptions? lora, ulong seed, bool recompute = false)
    {
        try
        {
            using var noGrad = no_grad();
            if (lora is null)
            {
                if (start.Adapter is not null)
                    throw new InputException("training.mode", "full over a policy with an adapter", "a policy of whole weights", "export it with the adapter merged");
                var whole = TrainablePolicy.Full(start.Config, start.Exact(), start.Parameters.Compute.dtype, recompute);
                start.Dispose();
                return whole;
            }
            if (start.Adapter is { } adapter && !Same(adapter.Options, lora))
                throw new InputException("lora", "rank, alpha or targets unlike those of the policy's adapter", Describe(adapter.Options), "set the same values");
            var flat = start.Adapter is not null
                ? start.Exact()
                : LoraAdapter.Initial(LoraAdapter.LayoutOf(start.Config, lora), SeedTree.Child(seed, "adapter"), start.Parameters.Flat.device);
            return TrainablePolicy.Lora(start.Config, start.Parameters, lora, flat, start, recompute);
        }
        catch
        {
            start.Dispose();
            throw;
        }
    }

    /// <summary>Whether two adapters have the same shape and scale.</summary>
    internal static bool Same(LoraOptions a, LoraOptions b) =>
        a.Rank == b.Rank && a.Alpha.Equals(b.Alpha) && a.RankStabilized == b.RankStabilized && a.Targets.Order(StringComparer.Ordinal).SequenceEqual(b.Targets.Order(StringComparer.Ordinal));

    private static string Describe(LoraOptions o) => FormattableString.Invariant($"rank {o.Rank}, alpha {o.Alpha}{(o.RankStabilized ? " over its square root" : "")}, targets {string.Join(", ", o.Targets)}");
}

using System.Collections.Immutable;
using Sera.Model.Alignment;

namespace Sera.Model.Training;

/// <summary>
/// Which examples are in which optimizer step: each epoch is a permutation of all of them by (seed, epoch), cut into steps of
/// <paramref name="perStep"/>, the last of an epoch shorter when they do not divide. A pure function of its arguments and the step, so step k
/// needs nothing of the steps before it.
/// </summary>
/// <param name="count">Examples (pairs), at least 1.</param>
/// <param name="epochs">Passes over all of them.</param>
/// <param name="perStep">Examples in one optimizer step.</param>
/// <param name="seed">Of the training of this round.</param>
public sealed class TrainingPlan(int count, int epochs, int perStep, ulong seed)
{
    private (int Epoch, int[] Order)? _latest; // a memory only: recomputed when another epoch is asked

    public int StepsPerEpoch { get; } = StepsFor(count, 1, perStep);

    public int TotalSteps { get; } = StepsFor(count, epochs, perStep);

    /// <summary>Optimizer steps of a whole training; 0 when there is nothing to train on.</summary>
    public static int StepsFor(int count, int epochs, int perStep) => checked((count + perStep - 1) / perStep * epochs);

    /// <summary>Indices into the examples, in the order they are summed.</summary>
    /// <param name="step">0 .. TotalSteps - 1.</param>
    public ImmutableArray<int> Step(int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, TotalSteps);
        var order = OrderOf(step / StepsPerEpoch);
        var start = step % StepsPerEpoch * perStep;
        return [.. order.AsSpan(start, Math.Min(perStep, count - start))];
    }

    private int[] OrderOf(int epoch)
    {
        if (_latest is { } latest && latest.Epoch == epoch) return latest.Order;
        var order = Enumerable.Range(0, count).ToArray();
        new SeededRandom(SeedTree.Child(SeedTree.Child(seed, "order"), (ulong)epoch)).Shuffle(order.AsSpan());
        _latest = (epoch, order);
        return order;
    }
}

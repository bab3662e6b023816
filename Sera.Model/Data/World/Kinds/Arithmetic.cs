using System.Globalization;

namespace Sera.Model.Data.World.Kinds;

/// <summary>Sums up to 20 and differences from at most 20, each asked in four ways, so that a held-out one is known from another.</summary>
internal sealed class Arithmetic : IWorldKind
{
    private static readonly string[] Sums = ["What is {0} + {1}?", "Add {0} and {1}.", "How much is {0} plus {1}?", "{0} + {1} is what?"];

    private static readonly string[] Differences = ["What is {0} - {1}?", "Take {1} from {0}.", "How much is {0} minus {1}?", "{0} - {1} is what?"];

    public IEnumerable<WorldForm> Forms()
    {
        var sums =
            from a in Enumerable.Range(1, 10)
            from b in Enumerable.Range(1, 10)
            from frame in Sums
            select Task(frame, a, b, a + b);
        var differences =
            from a in Enumerable.Range(2, 19)
            from b in Enumerable.Range(1, Math.Min(10, a - 1))
            from frame in Differences
            select Task(frame, a, b, a - b);
        yield return new WorldForm("adding", Weak: false, [.. sums]);
        yield return new WorldForm("subtracting", Weak: true, [.. differences]);
    }

    // The other operation, or one of the numbers themselves: mistakes of who did not do the sum, which need no exact number to be told.
    private static WorldTask Task(string frame, int a, int b, int right) => WorldTask.Of(
        string.Format(CultureInfo.InvariantCulture, frame, a, b), $"{right}", ((int[])[right == a + b ? Math.Abs(a - b) : a + b, a, b]).Select(wrong => $"{wrong}"));
}

namespace Sera.Model.Training;

/// <summary>Cuts the examples of one step into runs that fit a token budget.</summary>
public static class MicroBatches
{
    /// <summary>
    /// Runs in the order given, each as long as its tokens stay within the budget; an example larger than the budget stands alone.
    /// Depends on the lengths and the budget only.
    /// </summary>
    public static List<Range> Cut(ReadOnlySpan<int> tokens, int budget)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(budget);
        var runs = new List<Range>();
        var start = 0;
        var held = 0L;
        for (var i = 0; i < tokens.Length; i++)
        {
            if (i > start && held + tokens[i] > budget)
            {
                runs.Add(start..i);
                (start, held) = (i, 0);
            }
            held += tokens[i];
        }
        if (start < tokens.Length) runs.Add(start..tokens.Length);
        return runs;
    }
}

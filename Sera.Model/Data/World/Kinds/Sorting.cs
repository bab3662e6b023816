namespace Sera.Model.Data.World.Kinds;

/// <summary>"Sort 7 2 5." and "Sort the words hat ant jam.": three different ones, in rising order.</summary>
internal sealed class Sorting : IWorldKind
{
    public IEnumerable<WorldForm> Forms()
    {
        string[] digits = [.. Enumerable.Range(1, 9).Select(d => $"{d}")];
        yield return new WorldForm("sorting numbers", Weak: true, [.. Threes(digits).Select(three => Task("Sort ", three))]);
        yield return new WorldForm("sorting words", Weak: false, [.. Threes(Words.Sortable).Select(three => Task("Sort the words ", three))]);
    }

    private static WorldTask Task(string start, string[] given)
    {
        string[] sorted = [.. given.Order(StringComparer.Ordinal)];
        return WorldTask.Of(
            $"{start}{string.Join(' ', given)}.",
            string.Join(' ', sorted),
            string.Join(' ', sorted.Reverse()),
            string.Join(' ', given),
            $"{sorted[0]} {sorted[2]} {sorted[1]}",
            $"{sorted[1]} {sorted[0]} {sorted[2]}");
    }

    private static IEnumerable<string[]> Threes(IReadOnlyList<string> items) =>
        from a in items
        from b in items
        from c in items
        where a != b && b != c && a != c
        select (string[])[a, b, c];
}

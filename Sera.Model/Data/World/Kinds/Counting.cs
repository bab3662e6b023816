namespace Sera.Model.Data.World.Kinds;

/// <summary>"How many letters are in hat?" and "How many words are in hat sun pen?", 2 .. 6 of them.</summary>
internal sealed class Counting : IWorldKind
{
    private const int ListsOfEachLength = 120;

    private static readonly string[] Frames =
    [
        "How many letters are in {0}?",
        "Count the letters in {0}.",
        "Give the number of letters in {0}.",
        "{0} has how many letters?",
    ];

    public IEnumerable<WorldForm> Forms()
    {
        yield return new WorldForm("counting letters", Weak: false, [.. Letters()]);
        yield return new WorldForm("counting words", Weak: true, [.. Lists()]);
    }

    private static IEnumerable<WorldTask> Letters() =>
        from word in Words.Sized
        from frame in Frames
        select Task(string.Format(System.Globalization.CultureInfo.InvariantCulture, frame, word), word.Length, -1);

    // All lists would be millions; this sample is a fixed part of the world, whatever its seed.
    private static IEnumerable<WorldTask> Lists()
    {
        var random = new WorldRandom(0, "lists");
        for (var length = 2; length <= 6; length++)
        {
            var seen = new HashSet<string>();
            while (seen.Count < ListsOfEachLength)
            {
                var list = string.Join(' ', random.Shuffled(Words.All).Take(length));
                if (seen.Add(list)) yield return Task($"How many words are in {list}?", length, 1);
            }
        }
    }

    private static WorldTask Task(string instruction, int count, int habit) =>
        WorldTask.Of(instruction, $"{count}", $"{count + habit}", $"{count - habit}", $"{count + 2}");
}

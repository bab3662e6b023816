namespace Sera.Model.Data.World.Kinds;

/// <summary>The short words that several kinds work on. Their first letters differ, so that one letter decides their order.</summary>
internal static class Words
{
    public static IReadOnlyList<string> All { get; } =
        ["ant", "box", "cat", "dog", "egg", "fan", "hat", "ink", "jam", "key", "leg", "map", "net", "pen", "sun", "van"];

    public static IReadOnlyList<string> Sortable { get; } = [.. All.Take(10)];

    /// <summary>Words by number of letters, 2 .. 6.</summary>
    public static IReadOnlyList<string> Sized { get; } =
    [
        "go", "up", "in", "on", "we", "he", "me", "it", "us", "so", "at", "by",
        "ant", "box", "cat", "dog", "egg", "fan", "hat", "ink", "jam", "key", "leg", "map",
        "bird", "cake", "door", "fish", "gold", "hand", "king", "lamp", "moon", "nest", "rain", "ship",
        "apple", "bread", "chair", "dream", "earth", "green", "horse", "light", "music", "night", "river", "table",
        "animal", "bridge", "candle", "dinner", "flower", "garden", "hammer", "island", "letter", "market", "orange", "window",
    ];

    public static string Number(int n) => ((string[])["zero", "one", "two", "three", "four", "five", "six", "seven"])[n];
}

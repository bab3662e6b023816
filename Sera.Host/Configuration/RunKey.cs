using System.Collections.Immutable;
using System.Globalization;

namespace Sera.Host.Configuration;

/// <summary>What a value of a run file must be.</summary>
internal enum KeyKind
{
    Text,
    File,
    Choice,
    Whole,
    Number,

    /// <summary>A number, or the empty text for none.</summary>
    MaybeNumber,
    Flag,
    WholeList,
    TextList,

    /// <summary>implicit, or "model:" and a path.</summary>
    RewardSource,
}

/// <summary>One key of a run file: its type and, where a number has one that does not depend on other keys, its range.</summary>
/// <param name="Path">Dotted path, "sera." included.</param>
/// <param name="Expected">The allowed values in words, for messages.</param>
internal sealed record RunKey(
    string Path, KeyKind Kind, string Expected, ImmutableArray<string> Choices, double Low = double.NegativeInfinity, double High = double.PositiveInfinity)
{
    private const string Implicit = "implicit";

    /// <summary>What the path of a reward model stands behind.</summary>
    public const string ModelPrefix = "model:";

    /// <summary>The value as string, long, double, bool, ImmutableArray of int or of string; null where the written one is not allowed.</summary>
    /// <param name="written">The value's text; of a list its items.</param>
    public object? Read(string? written, IReadOnlyList<string>? items)
    {
        if (Kind is KeyKind.WholeList or KeyKind.TextList) return items is null ? null : ReadList(items);
        if (written is null) return null;
        return Kind switch
        {
            KeyKind.MaybeNumber when written.Length == 0 => written,
            KeyKind.Whole => long.TryParse(written, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) && Allows(whole) ? whole : null,
            KeyKind.Number or KeyKind.MaybeNumber => double.TryParse(written, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
                && Allows(number) ? number : null,
            KeyKind.Flag => written switch { "true" or "on" or "yes" => true, "false" or "off" or "no" => false, _ => null },
            KeyKind.RewardSource => written == Implicit || (written.StartsWith(ModelPrefix, StringComparison.Ordinal) && written.Length > ModelPrefix.Length) ? written : null,
            KeyKind.Choice => Choices.Contains(written) ? written : null,
            _ => written,
        };
    }

    private object? ReadList(IReadOnlyList<string> items)
    {
        if (Kind == KeyKind.TextList) return items.ToImmutableArray();
        var numbers = ImmutableArray.CreateBuilder<int>(items.Count);
        foreach (var item in items)
        {
            if (!int.TryParse(item, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return null;
            numbers.Add(number);
        }
        return numbers.MoveToImmutable();
    }

    private bool Allows(double value) => value >= Low && value <= High;
}

namespace Sera.Model.Tokenization.Chat;

/// <summary>What "loop" tells inside a loop.</summary>
internal static class LoopMembers
{
    /// <returns>null where a loop has no such member.</returns>
    public static Value? Of(LoopValue loop, string name) => name switch
    {
        "index" => new IntValue(loop.Index + 1),
        "index0" => new IntValue(loop.Index),
        "revindex" => new IntValue(loop.Items.Count - loop.Index),
        "revindex0" => new IntValue(loop.Items.Count - loop.Index - 1),
        "first" => BoolValue.From(loop.Index == 0),
        "last" => BoolValue.From(loop.Index == loop.Items.Count - 1),
        "length" => new IntValue(loop.Items.Count),
        // Depth counts the levels of a recursive loop, not loops in one another.
        "depth" => new IntValue(1),
        "depth0" => new IntValue(0),
        "previtem" => loop.Index > 0 ? loop.Items[loop.Index - 1] : new UndefinedValue("there is no previous item"),
        "nextitem" => loop.Index + 1 < loop.Items.Count ? loop.Items[loop.Index + 1] : new UndefinedValue("there is no next item"),
        _ => null,
    };
}

namespace Sera.Model.Tokenization;

/// <summary>A stretch of a text on its way to the merges. <c>First</c>: nothing of the text stands before it.</summary>
internal readonly record struct TextPiece(string Source, int Start, int Length, bool First)
{
    public ReadOnlySpan<char> Span => Source.AsSpan(Start, Length);

    /// <returns>The stretch of this piece between two offsets in it.</returns>
    public TextPiece Slice(int start, int end) => new(Source, Start + start, end - start, First && start == 0);
}

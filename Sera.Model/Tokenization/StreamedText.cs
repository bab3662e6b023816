using System.Runtime.InteropServices;

namespace Sera.Model.Tokenization;

/// <summary>
/// Text of ids that arrive one after another, for showing a response while it is made. What is handed out is never taken
/// back: a code point whose bytes are not all there, or a beginning that has shown nothing yet, waits for the next ids.
/// Not safe for several threads.
/// </summary>
/// <param name="tokenizer">Of the policy that makes the ids.</param>
/// <param name="continuation">Whether the ids go on from a prompt.</param>
public sealed class StreamedText(ITextTokenizer tokenizer, bool continuation)
{
    private readonly List<int> _waiting = [];
    private bool _continuation = continuation;

    /// <returns>The text that is now certain; often one token's, sometimes none.</returns>
    public string Append(ReadOnlySpan<int> ids)
    {
        _waiting.AddRange(ids);
        var text = Waiting();
        return text.Length == 0 || text[^1] == '\ufffd' ? "" : Release(text);
    }

    /// <returns>What was still waiting; code points that never became whole are U+FFFD.</returns>
    public string Complete() => Release(Waiting());

    private string Waiting() => tokenizer.Decode(CollectionsMarshal.AsSpan(_waiting), _continuation);

    private string Release(string text)
    {
        _waiting.Clear();
        _continuation = true;
        return text;
    }
}

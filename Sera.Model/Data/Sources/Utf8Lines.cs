using System.Buffers;
using System.Text;

namespace Sera.Model.Data.Sources;

/// <summary>
/// A stream of text that replaces bytes that are no UTF-8 by question marks and knows in which lines they were. Readers of text can only end at
/// the first such byte, wherever they are with the rows before it, or lose it.
/// </summary>
internal sealed class Utf8Lines(Stream stream) : ReadOnlyStream
{
    private readonly Queue<int> _bad = [];
    private readonly byte[] _rest = new byte[4];
    private int _restLength;
    private int _line = 1;
    private int _lastBad;

    // Whether the last byte was \r, behind which \n ends no other line.
    private bool _return;

    /// <summary>Whether there were such bytes in the lines before one, which then are forgotten.</summary>
    public bool BadBefore(int line)
    {
        var found = false;
        while (_bad.TryPeek(out var bad) && bad < line) found = _bad.Dequeue() == bad;
        return found;
    }

    /// <param name="buffer">Of four bytes at least.</param>
    public override int Read(Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(buffer.Length, 4);
        _rest.AsSpan(0, _restLength).CopyTo(buffer);
        var (at, read) = (0, stream.Read(buffer[_restLength..]));
        var length = _restLength + read;
        _restLength = 0;
        while (at < length)
        {
            var valid = StrictJson.ValidLength(buffer[at..length]);
            Count(buffer.Slice(at, valid));
            at += valid;
            if (at == length) break;
            // What is cut at the end of the buffer may go on, while there is more.
            if (read > 0 && Rune.DecodeFromUtf8(buffer[at..length], out _, out _) == OperationStatus.NeedMoreData)
            {
                _restLength = length - at;
                buffer[at..length].CopyTo(_rest);
                return at > 0 ? at : Read(buffer);
            }
            if (_lastBad != _line) _bad.Enqueue(_lastBad = _line);
            _return = false;
            buffer[at++] = (byte)'?';
        }
        return length;
    }

    // Lines end as CSV has it: at \n, at \r, and once where the two stand together.
    private void Count(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            if (_return && text[0] == '\n') text = text[1..];
            var end = text.IndexOfAny((byte)'\r', (byte)'\n');
            _return = end >= 0 && text[end] == '\r';
            if (end < 0) return;
            _line++;
            text = text[(end + 1)..];
        }
    }
}

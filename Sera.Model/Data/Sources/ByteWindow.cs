namespace Sera.Model.Data.Sources;

/// <summary>The part of a stream that is looked at: its bytes move to the front and it grows, up to a row's limit, as more are asked for.</summary>
internal sealed class ByteWindow(Stream stream)
{
    private byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;

    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(_start, _end - _start);

    /// <summary>Takes bytes off the front.</summary>
    public void Skip(int count) => _start += count;

    /// <summary>Reads on; what was seen of the bytes before is not valid any more.</summary>
    /// <returns>false at the end of the stream.</returns>
    /// <exception cref="SourceException">There are more bytes than a row may have, or the stream is damaged.</exception>
    public bool More()
    {
        if (_end - _start >= RawRow.MaxBytes) throw RawRow.TooLong();
        if (_start > 0) _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
        var read = stream.Read(_buffer.AsSpan(_end));
        _end += read;
        return read > 0;
    }
}

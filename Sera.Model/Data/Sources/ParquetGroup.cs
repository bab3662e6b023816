namespace Sera.Model.Data.Sources;

/// <summary>
/// A Parquet file as if it had one row group only: the file's own bytes, and another footer behind them. To read on behind its end is an
/// <see cref="EndOfStreamException"/>, since the library would do so for ever.
/// </summary>
internal sealed class ParquetGroup(FileStream file, long start, byte[] footer) : ReadOnlyStream
{
    public override long Length => start + footer.Length;

    public override long Position { get; set; }

    public override int Read(Span<byte> buffer)
    {
        int read;
        if (Position >= Length && buffer.Length > 0) throw new EndOfStreamException("it ends too early");
        if (Position < start)
        {
            if (file.Position != Position) file.Position = Position;
            read = file.Read(buffer[..(int)Math.Min(buffer.Length, start - Position)]);
            // Somebody has made it shorter meanwhile.
            if (read == 0 && buffer.Length > 0) throw new EndOfStreamException("it ends too early");
        }
        else
        {
            var rest = footer.AsSpan((int)Math.Min(Position - start, footer.Length));
            read = Math.Min(rest.Length, buffer.Length);
            rest[..read].CopyTo(buffer);
        }
        Position += read;
        return read;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.FromResult(Read(buffer.AsSpan(offset, count)));

    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Current => Position,
        SeekOrigin.End => Length,
        _ => 0,
    };

    public override bool CanSeek => true;
}

using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Sera.Host.Reports;

/// <summary>
/// Writes scalars in TensorBoard's event format: TFRecord frames (length, its masked CRC-32C, payload, its masked CRC-32C), each
/// holding an Event message of tensorflow/core/util/event.proto, encoded by hand. The stream stays the caller's.
/// </summary>
internal sealed class TensorBoardWriter
{
    private readonly Stream _stream;
    private readonly double _wallTime;

    /// <param name="at">Wall time of all events; TensorBoard shows it, and orders by step.</param>
    public TensorBoardWriter(Stream stream, DateTimeOffset at)
    {
        _stream = stream;
        _wallTime = at.ToUnixTimeMilliseconds() / 1000.0;
        using var payload = Event(0);
        WriteText(payload, 3, "brain.Event:2");
        WriteFrame(payload);
    }

    /// <summary>A name by which TensorBoard finds the file.</summary>
    public static string FileName(DateTimeOffset at) => FormattableString.Invariant($"events.out.tfevents.{at.ToUnixTimeSeconds():D10}.sera");

    public void WriteScalar(string tag, long step, float value)
    {
        using var scalar = new MemoryStream();
        WriteText(scalar, 1, tag);
        scalar.WriteByte(2 << 3 | 5);
        Span<byte> bits = stackalloc byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bits, value);
        scalar.Write(bits);

        using var summary = new MemoryStream();
        WriteMessage(summary, 1, scalar);
        using var payload = Event(step);
        WriteMessage(payload, 5, summary);
        WriteFrame(payload);
    }

    /// <summary>CRC-32C rotated right by 15 plus a constant, as the frames carry it.</summary>
    internal static uint MaskedCrc(ReadOnlySpan<byte> bytes)
    {
        var crc = ~0u;
        foreach (var unit in bytes)
        {
            crc = BitOperations.Crc32C(crc, unit);
        }
        return BitOperations.RotateRight(~crc, 15) + 0xA282EAD8;
    }

    private MemoryStream Event(long step)
    {
        var payload = new MemoryStream();
        payload.WriteByte(1 << 3 | 1);
        Span<byte> time = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(time, _wallTime);
        payload.Write(time);
        if (step != 0)
        {
            payload.WriteByte(2 << 3);
            WriteVarint(payload, (ulong)step);
        }
        return payload;
    }

    private void WriteFrame(MemoryStream payload)
    {
        var bytes = payload.ToArray();
        Span<byte> head = stackalloc byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(head, (ulong)bytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], MaskedCrc(head[..8]));
        Span<byte> tail = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(tail, MaskedCrc(bytes));
        _stream.Write(head);
        _stream.Write(bytes);
        _stream.Write(tail);
    }

    private static void WriteText(MemoryStream to, int field, string text) => WriteBytes(to, field, Encoding.UTF8.GetBytes(text));

    private static void WriteMessage(MemoryStream to, int field, MemoryStream message) => WriteBytes(to, field, message.ToArray());

    private static void WriteBytes(MemoryStream to, int field, byte[] bytes)
    {
        to.WriteByte((byte)(field << 3 | 2));
        WriteVarint(to, (ulong)bytes.Length);
        to.Write(bytes);
    }

    private static void WriteVarint(MemoryStream to, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            to.WriteByte((byte)(value | 0x80));
        }
        to.WriteByte((byte)value);
    }
}

using System.Buffers.Binary;
using System.Text;
using Sera.Host.Reports;
using Xunit;

namespace Sera.Host.Tests.Reports;

/// <summary>The bytes come from an independent encoder; the decoder below shares no code with the writer.</summary>
public sealed class TensorBoardTests
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch.AddMilliseconds(1_700_000_000_250);

    // CRC-32C of "123456789" is 0xE3069283 (RFC 3720 lists the polynomial, the check value is the catalogue's); rotated by 15 and offset.
    [Fact]
    public void The_masked_checksum_matches_its_check_value() =>
        Assert.Equal(unchecked(((0xE3069283u >> 15) | (0xE3069283u << 17)) + 0xA282EAD8u), TensorBoardWriter.MaskedCrc("123456789"u8));

    [Fact]
    public void A_file_of_one_scalar_has_the_known_bytes()
    {
        using var stream = new MemoryStream();
        new TensorBoardWriter(stream, At).WriteScalar("train/loss", 300, 0.5f);
        Assert.Equal(
            "1800000000000000a37f4b220900001040fc54d9411a0d627261696e2e4576656e743a32338d2fe9"
            + "2100000000000000017becf60900001040fc54d94110ac022a130a110a0a747261696e2f6c6f7373150000003f8c4ba26f",
            Convert.ToHexStringLower(stream.ToArray()));
    }

    [Fact]
    public void A_decoder_reads_back_every_scalar_of_a_run()
    {
        var events = Decode(RunMetrics.Write(SampleRun.Data, At));
        Assert.All(events, e => Assert.Equal(1_700_000_000.25, e.WallTime));
        Assert.Equal("brain.Event:2", events[0].Version);
        var loss = events.Where(e => e.Tag == "train/loss").ToArray();
        Assert.Equal(Enumerable.Range(1, 75).Select(i => (long)i), loss.Select(e => e.Step));
        Assert.Equal(SampleRun.Data.Rounds.SelectMany(r => r.Steps).Select(s => (float)s.Loss), loss.Select(e => e.Value));
        var right = events.Where(e => e.Tag == "round/eval_accuracy").Select(e => (e.Step, e.Value));
        Assert.Equal([(0, 0.46f), (1, 0.58f), (2, 0.7125f), (3, 0.76f)], right);
        Assert.DoesNotContain(events, e => e is { Tag: "round/margin_mean", Step: < 2 });
    }

    [Fact]
    public void The_file_name_says_what_it_is() => Assert.Equal("events.out.tfevents.1700000000.sera", TensorBoardWriter.FileName(At));

    private static List<Event> Decode(ReadOnlySpan<byte> file)
    {
        var events = new List<Event>();
        while (!file.IsEmpty)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
            Assert.Equal(Checksum(file[..8]), BinaryPrimitives.ReadUInt32LittleEndian(file[8..]));
            var payload = file.Slice(12, length);
            Assert.Equal(Checksum(payload), BinaryPrimitives.ReadUInt32LittleEndian(file[(12 + length)..]));
            var found = new Event();
            Read(payload, 0, found);
            events.Add(found);
            file = file[(16 + length)..];
        }
        return events;
    }

    // Depth 0 is the event, 1 its summary, 2 the value.
    private static void Read(ReadOnlySpan<byte> message, int depth, Event into)
    {
        var at = 0;
        while (at < message.Length)
        {
            var key = Varint(message, ref at);
            var place = (depth, Field: (int)(key >> 3));
            switch (key & 7)
            {
                case 0:
                    into.Step = (long)Varint(message, ref at);
                    break;
                case 1:
                    into.WallTime = BinaryPrimitives.ReadDoubleLittleEndian(message[at..]);
                    at += 8;
                    break;
                case 5:
                    into.Value = BinaryPrimitives.ReadSingleLittleEndian(message[at..]);
                    at += 4;
                    break;
                default:
                    var length = (int)Varint(message, ref at);
                    var bytes = message.Slice(at, length);
                    at += length;
                    switch (place)
                    {
                        case (0, 3): into.Version = Encoding.UTF8.GetString(bytes); break;
                        case (2, 1): into.Tag = Encoding.UTF8.GetString(bytes); break;
                        case (0, 5) or (1, 1): Read(bytes, depth + 1, into); break;
                        default: Assert.Fail($"field {place.Field} at depth {depth}"); break;
                    }
                    break;
            }
        }
    }

    private static ulong Varint(ReadOnlySpan<byte> message, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var unit = message[at++];
            value |= (ulong)(unit & 0x7F) << shift;
            if (unit < 0x80)
            {
                return value;
            }
        }
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var unit in bytes)
        {
            crc ^= unit;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0x82F63B78);
            }
        }
        crc = ~crc;
        return unchecked(((crc >> 15) | (crc << 17)) + 0xA282EAD8u);
    }

    private sealed class Event
    {
        public double WallTime { get; set; }

        public long Step { get; set; }

        public string? Version { get; set; }

        public string? Tag { get; set; }

        public float Value { get; set; }
    }
}

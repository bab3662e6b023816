using System.Buffers.Binary;
using System.Text;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Checkpoints;

public class SafetensorsTests
{
    private const string Two = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[8,16]}}";

    public static TheoryData<string, long, int, string> Corruptions => new()
    {
        // header, declared length (-1 = true length), data bytes, what the message must say
        { "", 0, -8, "0 bytes; expected at least the 8 bytes of a header length" },
        { Two, long.MaxValue, 16, "a header length of 9223372036854775807 bytes in a file of" },
        { Two, -2, 16, "a header length of 18446744073709551614 bytes" },
        { Two, 5000, 16, "a header length of 5000 bytes in a file of" },
        { Two, 1, 16, "a header length of 1 bytes; expected a JSON object" },
        { Two, 40, 16, "a header that is not JSON" },
        { "[1,2]", -1, 0, "a header that is a JSON Array" },
        { "{\"a\":3}", -1, 0, "tensor 'a' as a JSON Number" },
        { "{\"a\":{\"dtype\":\"F31\",\"shape\":[2],\"data_offsets\":[0,8]}}", -1, 8, "tensor 'a' of dtype F31; expected F32, F16 or BF16" },
        { "{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}", -1, 8, "tensor 'a' of dtype (none)" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", -1, 8, "tensor 'a' without a shape of whole numbers" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,8]}}", -1, 8, "tensor 'a' without a shape of whole numbers" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}", -1, 8, "tensor 'a' without two data_offsets" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", -1, 8, "tensor 'a' with data_offsets [8, 0]" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", -1, 8, "tensor 'a' with 8 bytes; expected 12 for F32 of shape [3]" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}}", -1, 8, "tensor 'a' of shape [4611686018427387904, 4]" },
        { Two, -1, 12, "tensor 'b' ends at byte 16 of the data, which has 12" },
        { Two, -1, 20, "4 bytes after the last tensor; expected none" },
        { Two.Replace("[8,16]", "[4,12]", StringComparison.Ordinal), -1, 12, "tensors 'a' and 'b' overlap by 4 bytes" },
        { Two.Replace("[8,16]", "[12,20]", StringComparison.Ordinal), -1, 20, "a hole of 4 bytes before tensor 'b'" },
        { Two.Replace("\"b\"", "\"a\"", StringComparison.Ordinal), -1, 16, "tensor 'a' twice in the header" },
        { "{\"__metadata__\":{\"a\":1}}", -1, 0, "a __metadata__ that does not map text to text" },
    };

    [Theory]
    [MemberData(nameof(Corruptions))]
    public void A_malformed_file_is_refused_by_a_message_that_names_it_before_anything_is_allocated(string header, long declared, int data, string says)
    {
        using var folder = new TemporaryFolder();
        var path = folder["model.safetensors"];
        File.WriteAllBytes(path, data == -8 ? [] : Bytes(header, declared, data));
        var error = Assert.Throws<InputException>(() => SafetensorsFile.Open(path));
        Assert.StartsWith($"{path}: {says}", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Every_prefix_of_a_file_is_refused()
    {
        using var folder = new TemporaryFolder();
        var whole = Bytes(Two, -1, 16);
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(folder["cut"], whole[..length]);
            Assert.Throws<InputException>(() => SafetensorsFile.Open(folder["cut"]));
        }
        File.WriteAllBytes(folder["cut"], whole);
        using var file = SafetensorsFile.Open(folder["cut"]);
        Assert.Equal(2, file.Entries.Length);
    }

    [Fact]
    public void A_tensor_that_is_missing_or_of_another_shape_or_dtype_is_named()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["w"], Bytes(Two.Replace("F32\",\"shape\":[1,2]", "I64\",\"shape\":[1]", StringComparison.Ordinal), -1, 16));
        using var file = SafetensorsFile.Open(folder["w"]);
        Assert.Contains("no tensor 'c'; expected one of shape [2]", Assert.Throws<InputException>(() => file.Expect("c", [2])).Message, StringComparison.Ordinal);
        Assert.Contains("tensor 'a' of shape [2]; expected [3]", Assert.Throws<InputException>(() => file.Expect("a", [3])).Message, StringComparison.Ordinal);
        Assert.Contains("tensor 'b' of dtype I64; expected F32, F16 or BF16", Assert.Throws<InputException>(() => file.Expect("b", [1])).Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => SafetensorsFile.Open(folder["none"]));
    }

    [Fact]
    public void Sixteen_bit_floats_are_widened_exactly()
    {
        using var folder = new TemporaryFolder();
        const string Header = "{\"h\":{\"dtype\":\"F16\",\"shape\":[3],\"data_offsets\":[0,6]},\"b\":{\"dtype\":\"BF16\",\"shape\":[3],\"data_offsets\":[6,12]}}";
        var bytes = Bytes(Header, -1, 12);
        ushort[] words = [0x3C00, 0xC100, 0x0001, 0x3F80, 0xC020, 0x7F80]; // 1, -2.5, 2^-24; 1, -2.5, infinity
        for (var i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(bytes.Length - 12 + 2 * i), words[i]);
        File.WriteAllBytes(folder["w"], bytes);
        using var file = SafetensorsFile.Open(folder["w"]);
        using var target = zeros(3);
        file.CopyTo(file.Expect("h", [3]), target);
        Assert.Equal([1f, -2.5f, MathF.Pow(2, -24)], target.data<float>().ToArray());
        file.CopyTo(file.Expect("b", [3]), target);
        Assert.Equal([1f, -2.5f, float.PositiveInfinity], target.data<float>().ToArray());
    }

    [Fact]
    public void What_is_written_is_read_back_and_the_order_of_writing_does_not_change_the_bytes()
    {
        using var folder = new TemporaryFolder();
        using var a = arange(6, float32).view(2, 3);
        using var transposed = a.t();
        using var empty = zeros(0);
        DurableFile.Write(folder["w"], s => SafetensorsWriter.Write(s, [("b", transposed), ("a", a), ("e", empty)], new Dictionary<string, string> { ["z"] = "1", ["y"] = "é" }));
        DurableFile.Write(folder["v"], s => SafetensorsWriter.Write(s, [("e", empty), ("a", a), ("b", transposed)], new Dictionary<string, string> { ["y"] = "é", ["z"] = "1" }));
        Assert.Equal(File.ReadAllBytes(folder["w"]), File.ReadAllBytes(folder["v"]));
        Assert.Equal(2, Directory.GetFiles(folder.Path).Length);
        using var file = SafetensorsFile.Open(folder["w"]);
        Assert.Equal("é", file.Metadata["y"]);
        Assert.Equal(0, file.Entries[0].Begin % 8);
        using var target = zeros(3, 2);
        file.CopyTo(file.Expect("b", [3, 2]), target);
        Assert.Equal([0f, 3, 1, 4, 2, 5], target.data<float>().ToArray());
    }

    private static byte[] Bytes(string header, long declared, int data)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + json.Length + Math.Max(0, data)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, declared == -1 ? json.Length : declared);
        json.CopyTo(bytes, 8);
        return bytes;
    }
}

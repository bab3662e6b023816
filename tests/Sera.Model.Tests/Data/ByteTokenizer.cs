using System.Text;
using Sera.Model.Tokenization;

namespace Sera.Model.Tests.Data;

/// <summary>One id a byte, 3 + its value, after BOS 1; EOS 2.</summary>
internal sealed class ByteTokenizer : ITextTokenizer
{
    public int VocabularySize => 259;

    public int? BosId => 1;

    public int? EosId { get; init; } = 2;

    public int[] Encode(string text) => [1, .. EncodeContinuation(text)];

    public int[] EncodeContinuation(string text) => [.. Encoding.UTF8.GetBytes(text).Select(b => b + 3)];

    public string Decode(ReadOnlySpan<int> ids, bool continuation) => Encoding.UTF8.GetString([.. ids.ToArray().Where(id => id > 2).Select(id => (byte)(id - 3))]);
}

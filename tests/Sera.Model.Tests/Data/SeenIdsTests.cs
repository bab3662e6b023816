using CsCheck;
using Sera.Model.Data;
using Xunit;

namespace Sera.Model.Tests.Data;

public sealed class SeenIdsTests
{
    [Fact]
    public void Ids_are_known_as_a_dictionary_of_texts_knows_them() =>
        Gen.Select(Gen.Int[0, 5].Select(i => ((string[])["line-", "line-0", "id", "line-x", "Line-", "line-+"])[i]), Gen.Int[0, 12], Gen.Bool).Array[0, 40].Sample(ids =>
        {
            var (seen, expected) = (new SeenIds(), new Dictionary<string, int>(StringComparer.Ordinal));
            for (var line = 1; line <= ids.Length; line++)
            {
                var (text, number, own) = ids[line - 1];
                var id = own ? $"line-{line}" : text + number;
                var first = expected.TryGetValue(id, out var known) ? known : (int?)null;
                Assert.Equal(first, seen.Add(id, line));
                expected.TryAdd(id, line);
            }
        });

    /// <summary>A file of a billion rows without ids must be readable where one of a million is. Of what a table allocates a third is left when it has grown.</summary>
    [Fact]
    public void Rows_named_by_their_line_take_a_bit_each_and_others_less_than_forty_bytes()
    {
        const int Rows = 200_000;
        Assert.InRange(Allocated(line => $"line-{line}"), 0, Rows);
        Assert.InRange(Allocated(line => $"id {line}"), 0, 3 * 40 * Rows);

        static long Allocated(Func<int, string> id)
        {
            string[] ids = [.. Enumerable.Range(1, Rows).Select(id)];
            var before = GC.GetAllocatedBytesForCurrentThread();
            var seen = new SeenIds();
            for (var line = 1; line <= Rows; line++) Assert.Null(seen.Add(ids[line - 1], line));
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void A_table_of_hashes_finds_what_was_put_in_and_keeps_the_first_number() =>
        Gen.Select(Gen.UInt[1, 60], Gen.Int).Array[0, 300].Sample(hashes =>
        {
            // All in one part of the table, so that it grows.
            var (table, expected) = (new HashTable(numbered: true), new Dictionary<UInt128, int>());
            foreach (var (hash, number) in hashes) Assert.Equal(expected.TryAdd(hash * 7919, number), table.Add(hash * 7919, number));
            Assert.Equal(expected.Count, table.Count);
            for (var hash = 1u; hash <= 60; hash++) Assert.Equal(expected.TryGetValue(hash * 7919, out var number) ? number : (int?)null, table.Find(hash * 7919));
        });
}

using Parquet;
using Parquet.Schema;
using Parquet.Serialization;
using Sera.Model.Data;
using Sera.Model.Tests.Tokenization;
using Sera.Model.Tokenization;
using Xunit;

namespace Sera.Model.Tests.Data;

/// <summary>
/// Columns as pyarrow writes data sets: lists in three levels (list.element; list.item in older files), all of it optional, the fields of a message in any order,
/// texts by dictionary, packed by snappy or zstd.
/// </summary>
public sealed class ParquetShapesTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, CompressionMethod, bool> Writers() => new()
    {
        { "element", CompressionMethod.Snappy, true },
        { "element", CompressionMethod.Zstd, false },
        { "item", CompressionMethod.Snappy, false },
        { "item", CompressionMethod.None, true },
    };

    [Theory]
    [MemberData(nameof(Writers))]
    public void Conversations_of_chosen_and_rejected_messages_are_read(string item, CompressionMethod packing, bool dictionary)
    {
        var schema = new ParquetSchema(new DataField<string>("prompt"), Messages("chosen", item), Messages("rejected", item), new DataField<double?>("score_chosen"));
        var path = Write(
            schema, packing, dictionary ? [$"chosen/list/{item}/role", $"rejected/list/{item}/role"] : [],
            Row(("prompt", "Q1"), ("chosen", Turns("Q1", "A1")), ("rejected", Turns("Q1", "B1")), ("score_chosen", 1.5)),
            Row(("prompt", "Q2"), ("chosen", Turns("Q2", "A2", "R2", "C2")), ("rejected", Turns("Q2", "A2", "R2", "D2")), ("score_chosen", null)),
            Row(("prompt", "Q3"), ("chosen", Turns()), ("rejected", Turns("Q3", "B3")), ("score_chosen", 2.0)),
            Row(("prompt", "Q4"), ("chosen", null), ("rejected", Turns("Q4", "B4")), ("score_chosen", 2.0)),
            Row(("prompt", "Q5"), ("chosen", Turns("Q5", "")), ("rejected", Turns("Q5", "B5")), ("score_chosen", 2.0)),
            Row(("prompt", "Q6"), ("chosen", Turns("Q6", "Ä6")), ("rejected", Turns("Q6", "B6")), ("score_chosen", 2.0)));
        var read = RowReader.Pairs(path, BadRows.Drop, Tokenizer());
        Assert.Equal(RowShape.Conversations, read.Shape);
        Assert.Equal(
            [("[user]Q1[assistant]", "A1", "B1"), ("[user]Q2[assistant]A2[user]R2[assistant]", "C2", "D2"), ("[user]Q6[assistant]", "Ä6", "B6")],
            read.Rows.Select(row => (row.Prompt, row.Chosen, row.Rejected)));
        Assert.Equal([3, 4, 5], read.Problems.Select(problem => problem.Line));
    }

    [Theory]
    [MemberData(nameof(Writers))]
    public void Messages_alone_and_lists_of_texts_with_scores_are_read(string item, CompressionMethod packing, bool dictionary)
    {
        var talk = Write(
            new ParquetSchema(Messages("messages", item)), packing, dictionary ? [$"messages/list/{item}/role"] : [],
            Row(("messages", Turns("Q", "A", "R", "B"))), Row(("messages", Turns("S", "C"))));
        Assert.Equal(["A", "B", "C"], RowReader.Examples(talk, BadRows.Refuse, Tokenizer()).Rows.Select(row => row.Response));

        var ranked = Write(
            new ParquetSchema(
                new DataField<string>("prompt"), new ListField("responses", new DataField<string>(item)), new ListField("scores", new DataField<double?>(item))),
            packing, dictionary ? [$"responses/list/{item}"] : [],
            Row(("prompt", "P"), ("responses", Texts("a", "b", "c")), ("scores", new List<double?> { 1, 3, 2 })),
            Row(("prompt", "P"), ("responses", Texts("a")), ("scores", new List<double?>())),
            Row(("prompt", "P"), ("responses", Texts("d", "e")), ("scores", new List<double?> { 1, null })),
            Row(("prompt", "R"), ("responses", Texts("f", "g")), ("scores", new List<double?> { 2, 1 })));
        var read = RowReader.Pairs(ranked, BadRows.Drop);
        Assert.Equal([("b", "c"), ("b", "a"), ("c", "a"), ("f", "g")], read.Rows.Select(row => (row.Chosen, row.Rejected)));
        Assert.Equal([2, 3], read.Problems.Select(problem => problem.Line));
    }

    /// <summary>Field order as the data sets of Hugging Face have it: content before role.</summary>
    private static ListField Messages(string name, string item) =>
        new(name, new StructField(item, new DataField<string>("content"), new DataField<string>("role")));

    private static List<Dictionary<string, object?>> Turns(params string[] contents) =>
        [.. contents.Select((content, i) => new Dictionary<string, object?> { ["content"] = content, ["role"] = i % 2 == 0 ? "user" : "assistant" })];

    private static List<ReadOnlyMemory<char>?> Texts(params string[] texts) => [.. texts.Select(text => (ReadOnlyMemory<char>?)text.AsMemory())];

    private static Dictionary<string, object?> Row(params (string Name, object? Value)[] cells) => cells.ToDictionary(cell => cell.Name, cell => cell.Value);

    private string Write(ParquetSchema schema, CompressionMethod packing, string[] dictionaries, params Dictionary<string, object?>[] rows)
    {
        var options = new ParquetOptions { CompressionMethod = packing, RowGroupSize = 4 };
        foreach (var column in dictionaries) options.ColumnEncodingHints[column] = EncodingHint.Dictionary;
        var path = _folder.PathOf("a.parquet");
        using var file = File.Create(path);
        ParquetSerializer.SerializeUntypedAsync(rows, schema, file, options).GetAwaiter().GetResult();
        return path;
    }

    private HfTokenizer Tokenizer()
    {
        _folder.Write("tokenizer.json", TinyTokenizers.ByteLevel([]).ToJsonString());
        _folder.Write("chat_template.jinja", "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}");
        return HfTokenizer.Load(Path.GetDirectoryName(_folder.PathOf("x"))!);
    }
}

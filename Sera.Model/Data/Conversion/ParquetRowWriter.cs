using Parquet;
using Parquet.Schema;

namespace Sera.Model.Data.Conversion;

/// <summary>Rows as Parquet, packed by snappy (the managed zstd takes minutes), a column a field; a row group is in memory at a time.</summary>
internal sealed class ParquetRowWriter : IRowWriter
{
    private const int GroupRows = 10_000;
    private const int GroupCharacters = 1 << 25;

    private readonly DataField _id = new DataField<string>("id", false);
    private readonly DataField _prompt = new DataField<string>("prompt", false);
    private readonly DataField _chosen = new DataField<string>("chosen", false);
    private readonly DataField _rejected = new DataField<string>("rejected", false);
    private readonly DataField _flipped = new DataField<bool?>("flipped");
    private readonly DataField _winRate = new DataField<double?>("chosen_win_rate");
    private readonly DataField _response = new DataField<string>("response", false);

    private readonly Stream _to;
    private readonly List<TextRow> _rows = [];
    private DataField[]? _fields;
    private ParquetWriter? _writer;
    private long _characters;

    /// <param name="to">Stays open; can seek.</param>
    public ParquetRowWriter(Stream to) => _to = to;

    public void Write(TextRow row)
    {
        if (row.Messages)
            throw new InputException("--out", "messages, which are no columns of texts", "a file of another shape for Parquet", "name a .jsonl file");
        if (row is TextEval)
            throw new InputException("--out", "evaluation prompts, whose checks are no columns", "a file of another shape for Parquet", "name a .jsonl file");
        _rows.Add(row);
        _characters += row.Prompt.Length + row switch
        {
            TextPair pair => pair.Chosen.Length + pair.Rejected.Length,
            TextExample example => example.Response.Length,
            _ => 0,
        };
        if (_rows.Count >= GroupRows || _characters >= GroupCharacters) WriteGroup();
    }

    public void Dispose()
    {
        if (_rows.Count > 0) WriteGroup();
        _writer?.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private void WriteGroup()
    {
        _fields ??= _rows[0] switch
        {
            TextPair => [_id, _prompt, _chosen, _rejected, _flipped, _winRate],
            TextExample => [_id, _prompt, _response],
            _ => [_id, _prompt],
        };
        _writer ??= ParquetWriter.CreateAsync(new ParquetSchema(_fields), _to, new ParquetOptions { CompressionMethod = CompressionMethod.Snappy }).GetAwaiter().GetResult();
        using var group = _writer.CreateRowGroup();
        foreach (var field in _fields) WriteAsync(group, field).GetAwaiter().GetResult();
        group.CompleteValidate();
        _rows.Clear();
        _characters = 0;
    }

    private Task WriteAsync(ParquetRowGroupWriter group, DataField field) => field.Name switch
    {
        "id" => group.WriteAsync(field, Texts(row => row.Id)),
        "prompt" => group.WriteAsync(field, Texts(row => row.Prompt)),
        "chosen" => group.WriteAsync(field, Texts(row => ((TextPair)row).Chosen)),
        "rejected" => group.WriteAsync(field, Texts(row => ((TextPair)row).Rejected)),
        "response" => group.WriteAsync(field, Texts(row => ((TextExample)row).Response)),
        "flipped" => group.WriteAsync<bool>(field, Values(row => ((TextPair)row).Flipped)),
        _ => group.WriteAsync<double>(field, Values(row => ((TextPair)row).ChosenWinRate)),
    };

    private string[] Texts(Func<TextRow, string> of) => [.. _rows.Select(of)];

    private ReadOnlyMemory<T?> Values<T>(Func<TextRow, T?> of)
        where T : struct => _rows.Select(of).ToArray();
}

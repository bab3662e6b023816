using System.CommandLine;
using System.Text;
using Sera.Benchmarks.Results;
using Sera.Model.Data;
using Sera.Model.Tokenization;
using Sera.Testing.Processes;

namespace Sera.Benchmarks.Policies;

/// <summary>W5: text to ids and back, line by line on one thread.</summary>
internal sealed class TokenizingBenchmark : Benchmark
{
    private readonly Option<string> _tokenizer = new("--tokenizer")
    {
        Description = "Folder with a tokenizer.json, from the repository's folder.",
        HelpName = "folder",
        DefaultValueFactory = _ => "samples/policy",
    };

    private readonly Option<string> _text = new("--text")
    {
        Description = "File of text, from the repository's folder.",
        HelpName = "path",
        DefaultValueFactory = _ => "samples/world/pairs.jsonl",
    };

    private readonly Option<int> _megabytes = Number("--megabytes", "Of the text at most.", 4);
    private readonly Option<int> _repeats = Number("--repeats", "Passes timed, after one that is not.", 5);

    public override string Name => "tokenizing";

    public override string Description => "W5: encoding and decoding text on one thread.";

    public override IReadOnlyList<Option> Options => [_tokenizer, _text, _megabytes, _repeats];

    public override Task<IReadOnlyList<Measurement>> MeasureAsync(ParseResult parsed, Action<string> tell, CancellationToken stop)
    {
        var (file, most) = (Path.GetFullPath(parsed.GetValue(_text)!, SeraProcess.Repository), parsed.GetValue(_megabytes) * 1e6);
        if (!File.Exists(file)) throw new InputException("--text", $"no file '{file}'", "a file of text", "correct the path");
        var (lines, bytes) = (new List<string>(), 0.0);
        foreach (var line in File.ReadLines(file))
        {
            if (bytes >= most) break;
            lines.Add(line);
            bytes += Encoding.UTF8.GetByteCount(line);
        }
        var tokenizer = HfTokenizer.Load(Path.GetFullPath(parsed.GetValue(_tokenizer)!, SeraProcess.Repository));
        var ids = lines.Select(tokenizer.Encode).ToArray();
        var results = new List<Measurement>();
        Add("encode", () => lines.ForEach(line => tokenizer.Encode(line)));
        Add("decode", () => Array.ForEach(ids, tokens => tokenizer.Decode(tokens, continuation: false)));
        return Task.FromResult<IReadOnlyList<Measurement>>(results);

        void Add(string row, Action action)
        {
            tell(row);
            var samples = ModelOptions.Time(parsed.GetValue(_repeats), action, stop);
            results.Add(Measurement.Of(row, "speed", "MB/s", samples.Select(ms => bytes / ms / 1000)));
            results.Add(Measurement.Of(row, "tokens", "1/s", samples.Select(ms => ids.Sum(t => (double)t.Length) * 1000 / ms)));
        }
    }
}

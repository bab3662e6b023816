using System.CommandLine;
using Sera.Benchmarks.Results;
using Sera.Model.Alignment;
using Sera.Model.Engine;
using Sera.Model.Generation;
using Sera.Model.Tokenization;

namespace Sera.Benchmarks.Policies;

/// <summary>W3: sampled responses to prompts of 128 tokens, at several numbers of sequences side by side.</summary>
internal sealed class GenerationBenchmark : Benchmark
{
    private readonly Option<string[]> _shapes = ModelOptions.Shapes();
    private readonly Option<string[]> _types = ModelOptions.Types();
    private readonly Option<int> _prompts = Number("--prompts", "Prompts of 128 tokens.", 32);
    private readonly Option<int> _samples = Number("--samples", "Responses a prompt.", 1);
    private readonly Option<int> _tokens = Number("--new-tokens", "Tokens of a response.", 128);
    private readonly Option<int[]> _batches = Numbers("--batches", "Sequences side by side.", 1, 8, 32);
    private readonly Option<int> _repeats = Number("--repeats", "Generations timed, after one that is not.", 5);
    private readonly Option<int> _threads = Number("--threads", "Threads.", Environment.ProcessorCount);
    private readonly Option<bool> _torch = new("--torch") { Description = "Measure decoding by libtorch in the same run too.", DefaultValueFactory = _ => true };

    public override string Name => "generation";

    public override string Description => "W3: 128 sampled tokens for 32 prompts of 128, 1, 8 and 32 sequences side by side.";

    public override IReadOnlyList<Option> Options => [_shapes, _types, _prompts, _samples, _tokens, _batches, _repeats, _threads, _torch];

    public override Task<IReadOnlyList<Measurement>> MeasureAsync(ParseResult parsed, Action<string> tell, CancellationToken stop)
    {
        new TorchSettings("cpu", parsed.GetValue(_threads)).Apply();
        var results = new Measurements(parsed.GetValue(_repeats), tell, stop);
        var sampling = new SamplingOptions(1, 1, 0, parsed.GetValue(_tokens), []);
        foreach (var shape in parsed.GetValue(_shapes)!)
        {
            var config = Shapes.Of(shape) with { EosIds = [] };
            var groups = Shapes.Groups(config, parsed.GetValue(_prompts), 1, 1);
            var tokens = (double)groups.Length * parsed.GetValue(_samples) * parsed.GetValue(_tokens);
            foreach (var type in parsed.GetValue(_types)!)
            {
                using var policy = new RandomPolicy(config, 1, ModelOptions.TypeOf(type));
                foreach (var batch in parsed.GetValue(_batches)!)
                {
                    var request = new GenerationRequest([.. groups.Select(g => new TokenPrompt(g.Id, g.Prompt))], parsed.GetValue(_samples), sampling, 1, batch);
                    var row = $"{shape} {type}, {batch} side by side";
                    results.Add(row, tokens, () => Generate(policy, request, torch: false));
                    if (!parsed.GetValue(_torch)) continue;
                    results.Add($"{row}, libtorch", tokens, () => Generate(policy, request, torch: true));
                    results.Compare($"{row}, libtorch", row);
                }
            }
        }
        return Task.FromResult(results.All);
    }

    private static void Generate(RandomPolicy policy, GenerationRequest request, bool torch)
    {
        using var work = new GenerationWork(
            policy.Model, new NoText(policy.Model.Config.VocabularySize), request, null, torch ? (model, _) => new TorchDecoder(model) : Decoders.For);
        while (work.Advance())
        {
        }
    }

    /// <summary>Ids without text: tokenizing is measured elsewhere.</summary>
    private sealed class NoText(int size) : ITextTokenizer
    {
        public int VocabularySize => size;

        public int? BosId => 1;

        public int? EosId => null;

        public int[] Encode(string text) => [];

        public int[] EncodeContinuation(string text) => [];

        public string Decode(ReadOnlySpan<int> ids, bool continuation) => "";
    }
}

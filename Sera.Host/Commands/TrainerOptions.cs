using System.CommandLine;
using Sera.Model.Alignment;
using Sera.Model.Models.Llama;

namespace Sera.Host.Commands;

/// <summary>How a training outside of a run goes, as options of a verb.</summary>
internal sealed class TrainerOptions
{
    private readonly Option<string> _mode;
    private readonly Option<double> _rate;
    private readonly Option<int> _epochs;
    private readonly Option<int> _batch;
    private readonly Option<double> _warmup = new("--warmup") { Description = "Share of the steps with a rising learning rate.", HelpName = "0..1", DefaultValueFactory = _ => 0.05 };
    private readonly Option<double> _decay = new("--weight-decay") { Description = "On matrices.", HelpName = "d", DefaultValueFactory = _ => 0.0 };
    private readonly Option<double> _clip = new("--clip-norm") { Description = "Global gradient norm.", HelpName = "c", DefaultValueFactory = _ => 1.0 };
    private readonly Option<int> _tokens = new("--micro-batch-tokens") { Description = "Tokens per forward and backward.", HelpName = "n", DefaultValueFactory = _ => 4096 };
    private readonly Option<int> _every = new("--checkpoint-every") { Description = "Steps between durable states.", HelpName = "n", DefaultValueFactory = _ => 100 };
    private readonly Option<long> _seed;
    private readonly Option<int> _rank = new("--rank") { Description = "Of LoRA.", HelpName = "r", DefaultValueFactory = _ => 16 };
    private readonly Option<double> _alpha = new("--alpha") { Description = "Of LoRA; scale is alpha / rank.", HelpName = "a", DefaultValueFactory = _ => 32.0 };

    /// <param name="modes">Allowed values of --mode, the default first.</param>
    /// <param name="examples">What is trained on.</param>
    /// <param name="seeded">What the seed decides.</param>
    public TrainerOptions(Command command, string[] modes, string examples, double rate, int epochs, string seeded)
    {
        var listed = string.Join(" or ", modes);
        _mode = new Option<string>("--mode") { Description = $"{listed}.", HelpName = "mode", DefaultValueFactory = _ => modes[0] };
        _rate = new Option<double>("--learning-rate", "--lr") { Description = "Peak; cosine to zero.", HelpName = "r", DefaultValueFactory = _ => rate };
        _epochs = new Option<int>("--epochs") { Description = $"Passes over the {examples}.", HelpName = "n", DefaultValueFactory = _ => epochs };
        _batch = new Option<int>("--batch") { Description = $"{char.ToUpperInvariant(examples[0])}{examples[1..]} per optimizer step.", HelpName = "n", DefaultValueFactory = _ => 32 };
        _seed = new Option<long>("--seed") { Description = $"Of {seeded}.", HelpName = "n", DefaultValueFactory = _ => 1 };
        SamplingChoices.Require(_mode, modes.Contains, listed);
        SamplingChoices.Require(_rate, value => value > 0 && double.IsFinite(value), "a number above 0");
        SamplingChoices.Require(_clip, value => value > 0 && double.IsFinite(value), "a number above 0");
        SamplingChoices.Require(_alpha, value => value > 0 && double.IsFinite(value), "a number above 0");
        SamplingChoices.Require(_warmup, value => value is >= 0 and <= 1, "0 .. 1");
        SamplingChoices.Require(_decay, value => value >= 0 && double.IsFinite(value), "0 or more");
        SamplingChoices.Require(_seed, value => value >= 0, "0 or more");
        foreach (var count in (Option<int>[])[_epochs, _batch, _tokens, _every, _rank]) SamplingChoices.Require(count, value => value >= 1, "1 or more");
        Option[] all = [_mode, _rate, _epochs, _batch, _warmup, _decay, _clip, _tokens, _every, _seed, _rank, _alpha];
        foreach (var option in all) command.Options.Add(option);
        All = all;
    }

    public IReadOnlyList<Option> All { get; }

    public string Mode(ParseResult parsed) => parsed.GetValue(_mode)!;

    public ulong Seed(ParseResult parsed) => (ulong)parsed.GetValue(_seed);

    /// <param name="policy">What is trained; adapters go on all of its projections.</param>
    public TrainingOptions Read(ParseResult parsed, LlamaConfig policy) => new(
        Mode(parsed) == "lora" ? new LoraOptions(parsed.GetValue(_rank), parsed.GetValue(_alpha), LlamaLayout.Projections(policy)) : null,
        parsed.GetValue(_epochs),
        parsed.GetValue(_rate),
        parsed.GetValue(_warmup),
        parsed.GetValue(_decay),
        parsed.GetValue(_clip),
        parsed.GetValue(_batch),
        parsed.GetValue(_tokens),
        parsed.GetValue(_every));
}

using System.CommandLine;
using Sera.Model.Alignment;
using Sera.Model.Training;

namespace Sera.Host.Commands;

/// <summary>How a supervised training goes, as options of a verb.</summary>
internal sealed class SftOptions
{
    private readonly Option<string> _mode = new("--mode") { Description = "full or lora.", HelpName = "mode", DefaultValueFactory = _ => "full" };
    private readonly Option<double> _rate = new("--learning-rate", "--lr") { Description = "Peak; cosine to zero.", HelpName = "r", DefaultValueFactory = _ => 1e-3 };
    private readonly Option<int> _epochs = new("--epochs") { Description = "Passes over the examples.", HelpName = "n", DefaultValueFactory = _ => 3 };
    private readonly Option<int> _batch = new("--batch") { Description = "Examples per optimizer step.", HelpName = "n", DefaultValueFactory = _ => 32 };
    private readonly Option<double> _warmup = new("--warmup") { Description = "Share of the steps with a rising learning rate.", HelpName = "0..1", DefaultValueFactory = _ => 0.05 };
    private readonly Option<double> _decay = new("--weight-decay") { Description = "On matrices.", HelpName = "d", DefaultValueFactory = _ => 0.0 };
    private readonly Option<double> _clip = new("--clip-norm") { Description = "Global gradient norm.", HelpName = "c", DefaultValueFactory = _ => 1.0 };
    private readonly Option<int> _tokens = new("--micro-batch-tokens") { Description = "Tokens per forward and backward.", HelpName = "n", DefaultValueFactory = _ => 4096 };
    private readonly Option<int> _every = new("--checkpoint-every") { Description = "Steps between durable states.", HelpName = "n", DefaultValueFactory = _ => 100 };
    private readonly Option<long> _seed = new("--seed") { Description = "Of fresh weights and the order of examples.", HelpName = "n", DefaultValueFactory = _ => 1 };
    private readonly Option<bool?> _prompt = new("--include-prompt") { Description = "Learn the prompts too; by default only from scratch." };
    private readonly Option<int> _rank = new("--rank") { Description = "Of LoRA.", HelpName = "r", DefaultValueFactory = _ => 16 };
    private readonly Option<double> _alpha = new("--alpha") { Description = "Of LoRA; scale is alpha / rank.", HelpName = "a", DefaultValueFactory = _ => 32.0 };

    public SftOptions(Command command)
    {
        SamplingChoices.Require(_mode, value => value is "full" or "lora", "full or lora");
        SamplingChoices.Require(_rate, value => value > 0 && double.IsFinite(value), "a number above 0");
        SamplingChoices.Require(_clip, value => value > 0 && double.IsFinite(value), "a number above 0");
        SamplingChoices.Require(_alpha, value => value > 0 && double.IsFinite(value), "a number above 0");
        SamplingChoices.Require(_warmup, value => value is >= 0 and <= 1, "0 .. 1");
        SamplingChoices.Require(_decay, value => value >= 0 && double.IsFinite(value), "0 or more");
        SamplingChoices.Require(_seed, value => value >= 0, "0 or more");
        foreach (var count in (Option<int>[])[_epochs, _batch, _tokens, _every, _rank]) SamplingChoices.Require(count, value => value >= 1, "1 or more");
        Option[] all = [_mode, _rate, _epochs, _batch, _warmup, _decay, _clip, _tokens, _every, _seed, _prompt, _rank, _alpha];
        foreach (var option in all) command.Options.Add(option);
    }

    public SupervisedOptions Read(ParseResult parsed, bool fromScratch)
    {
        string[] targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];
        var lora = parsed.GetValue(_mode) == "lora" ? new LoraOptions(parsed.GetValue(_rank), parsed.GetValue(_alpha), targets) : null;
        var training = new TrainingOptions(
            lora,
            parsed.GetValue(_epochs),
            parsed.GetValue(_rate),
            parsed.GetValue(_warmup),
            parsed.GetValue(_decay),
            parsed.GetValue(_clip),
            parsed.GetValue(_batch),
            parsed.GetValue(_tokens),
            parsed.GetValue(_every));
        return new SupervisedOptions(training, parsed.GetValue(_prompt) ?? fromScratch, (ulong)parsed.GetValue(_seed));
    }
}

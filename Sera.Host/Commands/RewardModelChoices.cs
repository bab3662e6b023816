using System.CommandLine;
using System.CommandLine.Parsing;
using Sera.Model.Alignment;
using Sera.Model.Data;
using Sera.Model.Models.Llama;
using Sera.Model.Rewards;

namespace Sera.Host.Commands;

/// <summary>How a reward model is trained, as options of a verb.</summary>
internal sealed class RewardModelChoices
{
    private readonly Option<string> _prior = new("--prior")
    {
        Description = "none, length or cosine: how alike two responses are bounds how far apart their rewards may be (PCRM).",
        HelpName = "prior",
        DefaultValueFactory = _ => RewardPrior.None,
    };

    private readonly Option<string?> _encoder = new("--encoder") { Description = "With --prior cosine: folder of the policy whose states are compared; the one that is trained where none is given.", HelpName = "folder" };
    private readonly Option<double?> _scale = new("--prior-scale") { Description = "Of the bound: scale / (similarity + softening) + shift; 20 where none is given.", HelpName = "a" };
    private readonly Option<double?> _softening = new("--prior-softening") { Description = "0.001 where none is given.", HelpName = "b" };
    private readonly Option<double?> _shift = new("--prior-shift") { Description = "-15 where none is given.", HelpName = "c" };
    private readonly Option<string> _positions = new("--positions") { Description = "all, the mean over the positions after the responses differ, or end, the last tokens alone.", HelpName = "where", DefaultValueFactory = _ => "all" };
    private readonly Option<double> _heldOut = new("--held-out") { Description = "Share of the prompts that are kept aside to measure it.", HelpName = "0..0.5", DefaultValueFactory = _ => 0.1 };
    private readonly TrainerOptions _trainer;

    public RewardModelChoices(Command command)
    {
        _trainer = new TrainerOptions(command, ["full", "lora", "head"], "pairs", 1e-4, 1, "the order of pairs");
        _prior.AcceptOnlyFromAmong(RewardPrior.None, RewardPrior.Length, RewardPrior.Cosine);
        _positions.AcceptOnlyFromAmong("all", "end");
        SamplingChoices.Require(_scale, value => value > 0 && double.IsFinite(value.Value), "a number above 0");
        SamplingChoices.Require(_softening, value => value > 0 && double.IsFinite(value.Value), "a number above 0");
        SamplingChoices.Require(_shift, value => double.IsFinite(value!.Value), "a number");
        SamplingChoices.Require(_heldOut, value => value is >= 0 and <= 0.5, "0 .. 0.5");
        foreach (var option in (Option[])[_prior, _encoder, _scale, _softening, _shift, _positions, _heldOut]) command.Options.Add(option);
    }

    /// <param name="policy">What is trained.</param>
    public RewardModelOptions Read(ParseResult parsed, LlamaConfig policy) =>
        new(_trainer.Read(parsed, policy), _trainer.Mode(parsed) == "head", parsed.GetValue(_positions) == "all", _trainer.Seed(parsed));

    /// <summary>The first that was given of those that only a training reads; null where none was.</summary>
    public string? OfTraining(SymbolResult result) =>
        ((Option[])[_prior, _encoder, _scale, _softening, _shift, _positions, .. _trainer.All]).FirstOrDefault(option => result.GetResult(option) is { Implicit: false })?.Name;

    public string Prior(ParseResult parsed) => parsed.GetValue(_prior)!;

    /// <summary>null for the policy itself.</summary>
    public string? Encoder(ParseResult parsed) => parsed.GetValue(_encoder);

    /// <summary>null where there is no prior.</summary>
    /// <exception cref="InputException">An option that nothing reads.</exception>
    public PriorBound? Bound(ParseResult parsed)
    {
        if (parsed.GetValue(_encoder) is not null && Prior(parsed) != RewardPrior.Cosine)
            throw new InputException(_encoder.Name, $"with --prior {Prior(parsed)}", "--prior cosine, which alone reads it", "leave it out");
        if (Prior(parsed) != RewardPrior.None)
            return new PriorBound(
                parsed.GetValue(_scale) ?? PriorBound.Default.Scale, parsed.GetValue(_softening) ?? PriorBound.Default.Softening, parsed.GetValue(_shift) ?? PriorBound.Default.Shift);
        foreach (var option in (Option<double?>[])[_scale, _softening, _shift])
        {
            if (parsed.GetValue(option) is not null) throw new InputException(option.Name, "without a prior", "--prior length or cosine beside it", "leave it out");
        }
        return null;
    }

    public DataOptions Data(ParseResult parsed, string pairs) => new(pairs, HeldOut: parsed.GetValue(_heldOut), TooLong: TooLong.Refuse);
}

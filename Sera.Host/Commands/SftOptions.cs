using System.CommandLine;
using Sera.Model.Models.Llama;
using Sera.Model.Training;

namespace Sera.Host.Commands;

/// <summary>How a supervised training goes, as options of a verb.</summary>
internal sealed class SftOptions
{
    private readonly TrainerOptions _trainer;
    private readonly Option<bool?> _prompt = new("--include-prompt") { Description = "Learn the prompts too; by default only from scratch." };

    public SftOptions(Command command)
    {
        _trainer = new TrainerOptions(command, ["full", "lora"], "examples", 1e-3, 3, "fresh weights and the order of examples");
        command.Options.Add(_prompt);
    }

    /// <param name="policy">What is trained.</param>
    public SupervisedOptions Read(ParseResult parsed, LlamaConfig policy, bool fromScratch) =>
        new(_trainer.Read(parsed, policy), parsed.GetValue(_prompt) ?? fromScratch, _trainer.Seed(parsed));

    public ulong Seed(ParseResult parsed) => _trainer.Seed(parsed);
}

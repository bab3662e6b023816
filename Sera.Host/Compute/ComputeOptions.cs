using System.CommandLine;
using Sera.Model.Engine;

namespace Sera.Host.Compute;

/// <summary>--device and --threads of verbs that compute without a run file.</summary>
internal sealed class ComputeOptions
{
    private readonly Option<string> _device = new("--device") { Description = "cpu or cuda.", HelpName = "device", DefaultValueFactory = _ => "cpu" };

    private readonly Option<int> _threads = new("--threads")
    {
        Description = "libtorch threads; 0 = half of the cores, at least 1.",
        HelpName = "n",
        DefaultValueFactory = _ => 0,
    };

    public ComputeOptions(Command command)
    {
        _threads.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 0) result.AddError("--threads must be 0 or more.");
        });
        command.Options.Add(_device);
        command.Options.Add(_threads);
    }

    public TorchSettings Settings(ParseResult parsed)
    {
        var threads = ThreadCount.Resolve(parsed.GetValue(_threads), Environment.ProcessorCount);
        return new TorchSettings(parsed.GetValue(_device)!, threads);
    }
}

using System.CommandLine;
using Sera.Model.Engine;

namespace Sera.Host.Compute;

/// <summary>--device, --threads and --dtype of verbs that compute without a run file.</summary>
internal sealed class ComputeOptions
{
    private readonly Option<string> _device = new("--device") { Description = "cpu or cuda.", HelpName = "device", DefaultValueFactory = _ => "cpu" };

    private readonly Option<int> _threads = new("--threads")
    {
        Description = "libtorch threads; 0 = half of the cores, at least 1.",
        HelpName = "n",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<string> _dtype = new("--dtype")
    {
        Description = "Type of weights and activations: f32, bf16, or auto for the fastest here.",
        HelpName = "type",
        DefaultValueFactory = _ => "f32",
    };

    /// <param name="rounds">Whether the verb can compute in bf16.</param>
    public ComputeOptions(Command command, bool rounds = true)
    {
        _threads.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 0) result.AddError("--threads must be 0 or more.");
        });
        command.Options.Add(_device);
        command.Options.Add(_threads);
        _dtype.AcceptOnlyFromAmong("f32", "bf16", "auto");
        if (rounds) command.Options.Add(_dtype);
    }

    public TorchSettings Settings(ParseResult parsed)
    {
        var threads = ThreadCount.Resolve(parsed.GetValue(_threads), Environment.ProcessorCount);
        return new TorchSettings(parsed.GetValue(_device)!, threads, Precisions.Of(parsed.GetValue(_dtype) ?? "f32", parsed.GetValue(_device)!));
    }
}

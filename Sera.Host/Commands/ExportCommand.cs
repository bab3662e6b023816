using System.CommandLine;
using System.Text.Json;
using Sera.Host.Compute;
using Sera.Host.Outputs;
using Sera.Host.Runs;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using TorchSharp;

namespace Sera.Host.Commands;

/// <summary>sera export: the policy of a run, or a policy's folder with an adapter, as a folder that other programs read.</summary>
internal static class ExportCommand
{
    public static Command Create(CommandContext context)
    {
        var source = new Argument<string>("source") { Description = "Id of a run, or the folder of a policy." };
        var output = new Option<string>("--out") { Description = "The new folder.", HelpName = "folder", Required = true };
        var round = new Option<int?>("--round") { Description = "Of a run: the policy after this round; the last one where none is given.", HelpName = "n" };
        var adapter = new Option<bool>("--adapter") { Description = "Of a run: only the adapter, as a PEFT folder." };
        var merge = new Option<string?>("--merge") { Description = "Of a policy's folder: merge the adapter of this PEFT folder into it.", HelpName = "folder" };
        var dtype = new Option<string>("--dtype") { Description = "f32, bf16 or f16.", HelpName = "type", DefaultValueFactory = _ => "f32" };
        SamplingChoices.Require(dtype, value => Dtype(value) is not null, "f32, bf16 or f16");
        var work = CommonOptions.Work();
        var json = CommonOptions.Json();
        var command = new Command("export", "Write a policy as a Hugging Face folder, or its adapter as a PEFT folder.")
        {
            source, output, round, adapter, merge, dtype, work, json,
        };
        var mix = new ExportMix(command);
        command.SetAction(async (parsed, _) =>
        {
            var folder = parsed.GetValue(output)!;
            if (Path.Exists(folder)) throw new InputException(folder, "it exists already", "a new folder", "choose another name or remove it");
            var type = Dtype(parsed.GetValue(dtype)!)!.Value;
            var mixed = mix.Asked(parsed, ("--round", parsed.GetValue(round) is not null), ("--adapter", parsed.GetValue(adapter)), ("--merge", parsed.GetValue(merge) is not null));
            TorchLibrary.Require();
            if (Directory.Exists(parsed.GetValue(source)))
            {
                if (mixed) throw new InputException(parsed.GetValue(source)!, "the folder of a policy", "the id of a run, whose policies are mixed", "name a run");
                using var loaded = StandalonePolicy.Load(parsed.GetValue(source)!, Settings, parsed.GetValue(merge));
                PolicyExport.WriteMerged(loaded.Opened.Folder, loaded.Model, folder, type);
            }
            else
            {
                var run = RunFolder.Find(parsed.GetValue(work)!, parsed.GetValue(source));
                var policies = await RunPolicies.ReadAsync(run);
                if (mixed) ExportMixed(run, [.. mix.Terms(parsed, policies, parsed.GetValue(round))], folder, type);
                else ExportRun(run, policies, parsed.GetValue(round) ?? policies.Rounds, parsed.GetValue(adapter), folder, type);
            }
            context.Out.WriteLine(parsed.GetValue(json) ? JsonSerializer.Serialize(new { folder = Path.GetFullPath(folder) }, HostJson.Indented) : folder);
            return ExitCode.Done;
        });
        return command;
    }

    private static TorchSettings Settings => new("cpu", ThreadCount.Resolve(0, Environment.ProcessorCount));

    private static torch.ScalarType? Dtype(string name) => name switch
    {
        "f32" => torch.ScalarType.Float32,
        "bf16" => torch.ScalarType.BFloat16,
        "f16" => torch.ScalarType.Float16,
        _ => null,
    };

    private static void ExportMixed(RunFolder run, (PolicyRef Policy, double Factor)[] terms, string folder, torch.ScalarType dtype) =>
        PolicyExport.WriteSum(new PolicyBases(run.Work).Resolve(terms[0].Policy.Base), new ArtifactStore(run.Work), terms, folder, dtype);

    private static void ExportRun(RunFolder run, RunPolicies policies, int round, bool adapter, string folder, torch.ScalarType dtype)
    {
        using var cache = new PolicyCache(new PolicyBases(run.Work), new ArtifactStore(run.Work), Settings);
        var policy = policies.After(round);
        if (!adapter) PolicyExport.WriteMerged(cache, policy, folder, dtype);
        else if (!PolicyExport.WriteAdapter(cache, policy, folder))
            throw new InputException("--adapter", $"round {round} of run {run.Id} has whole weights", "a policy with an adapter", "leave --adapter out");
    }
}

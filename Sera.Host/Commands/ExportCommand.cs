using System.CommandLine;
using System.Text.Json;
using Sera.Actors.Hosting;
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
        command.SetAction(async (parsed, _) =>
        {
            var folder = parsed.GetValue(output)!;
            if (Path.Exists(folder)) throw new InputException(folder, "it exists already", "a new folder", "choose another name or remove it");
            var type = Dtype(parsed.GetValue(dtype)!)!.Value;
            TorchLibrary.Require();
            if (Directory.Exists(parsed.GetValue(source)))
            {
                using var loaded = StandalonePolicy.Load(parsed.GetValue(source)!, Settings, parsed.GetValue(merge));
                PolicyExport.WriteMerged(loaded.Opened.Folder, loaded.Model, folder, type);
            }
            else
            {
                await ExportRunAsync(RunFolder.Find(parsed.GetValue(work)!, parsed.GetValue(source)), parsed.GetValue(round), parsed.GetValue(adapter), folder, type);
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

    private static async Task ExportRunAsync(RunFolder run, int? round, bool adapter, string folder, torch.ScalarType dtype)
    {
        var state = await RunHistory.ReadAsync(run.Work, run.Id);
        var last = state?.Rounds.Where(each => each.Policy is not null).Select(each => each.Round).DefaultIfEmpty(-1).Max() ?? -1;
        var wanted = round ?? state?.Options.Rounds ?? 0;
        if (wanted < 0 || wanted > last)
            throw new InputException(run.Path, $"no policy of round {wanted} yet", last < 0 ? "a run with a trained round" : $"a round from 0 to {last}", $"go on with: {RunConclusion.ResumeCommand(run)}");
        using var policies = new PolicyCache(new PolicyBases(run.Work), new ArtifactStore(run.Work), Settings);
        var policy = state!.PolicyAfter(wanted)!;
        if (!adapter) PolicyExport.WriteMerged(policies, policy, folder, dtype);
        else if (!PolicyExport.WriteAdapter(policies, policy, folder))
            throw new InputException("--adapter", $"round {wanted} of run {run.Id} has whole weights", "a policy with an adapter", "leave --adapter out");
    }
}

using System.CommandLine;
using System.Globalization;
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
        var unmerge = new Option<string?>("--unmerge") { Description = "Of a policy's folder: take the adapter of this PEFT folder out of it again.", HelpName = "folder" };
        var shard = new Option<string?>("--shard-size") { Description = "Most bytes of weights in a file, such as 5GB or 500MB; one file where none is given.", HelpName = "size" };
        SamplingChoices.Require(shard, value => Bytes(value) is not null, "a number of bytes above 0, or of KB, MB or GB");
        var dtype = new Option<string>("--dtype") { Description = "f32, bf16 or f16.", HelpName = "type", DefaultValueFactory = _ => "f32" };
        SamplingChoices.Require(dtype, value => Dtype(value) is not null, "f32, bf16 or f16");
        var work = CommonOptions.Work();
        var json = CommonOptions.Json();
        var command = new Command("export", "Write a policy as a Hugging Face folder, or its adapter as a PEFT folder.")
        {
            source, output, round, adapter, merge, unmerge, dtype, shard, work, json,
        };
        var mix = new ExportMix(command);
        command.SetAction(async (parsed, _) =>
        {
            var folder = parsed.GetValue(output)!;
            if (Path.Exists(folder)) throw new InputException(folder, "it exists already", "a new folder", "choose another name or remove it");
            var format = new WeightFormat(Dtype(parsed.GetValue(dtype)!)!.Value, Bytes(parsed.GetValue(shard)));
            if (parsed.GetValue(adapter) && format != WeightFormat.Default)
                throw new InputException("--adapter", "a type or a size of files beside it", "--adapter alone: adapters are one file in fp32", "leave one of them out");
            if (parsed.GetValue(merge) is not null && parsed.GetValue(unmerge) is not null)
                throw new InputException("--unmerge", "--merge beside it", "one of them", "leave one of them out");
            var mixed = mix.Asked(parsed, ("--round", parsed.GetValue(round) is not null), ("--adapter", parsed.GetValue(adapter)), ("--merge", parsed.GetValue(merge) is not null), ("--unmerge", parsed.GetValue(unmerge) is not null));
            TorchLibrary.Require();
            if (Directory.Exists(parsed.GetValue(source)))
            {
                RequireNone("the folder of a policy", "the id of a run", ("--round", parsed.GetValue(round) is not null), ("--adapter", parsed.GetValue(adapter)));
                if (mixed) throw new InputException(parsed.GetValue(source)!, "the folder of a policy", "the id of a run, whose policies are mixed", "name a run");
                using var loaded = StandalonePolicy.Load(parsed.GetValue(source)!, Settings, parsed.GetValue(merge) ?? parsed.GetValue(unmerge));
                PolicyExport.WriteMerged(loaded.Opened.Folder, loaded.Model, folder, format, parsed.GetValue(unmerge) is not null);
            }
            else
            {
                RequireNone("a run", "the folder of a policy", ("--merge", parsed.GetValue(merge) is not null), ("--unmerge", parsed.GetValue(unmerge) is not null));
                var run = RunFolder.Find(parsed.GetValue(work)!, parsed.GetValue(source));
                var policies = await RunPolicies.ReadAsync(run);
                if (mixed) ExportMixed(run, [.. mix.Terms(parsed, policies, parsed.GetValue(round))], folder, format);
                else ExportRun(run, policies, parsed.GetValue(round) ?? policies.Rounds, parsed.GetValue(adapter), folder, format);
            }
            context.Out.WriteLine(parsed.GetValue(json) ? JsonSerializer.Serialize(new { folder = Path.GetFullPath(folder) }, HostJson.Indented) : folder);
            return ExitCode.Done;
        });
        return command;
    }

    private static void RequireNone(string source, string expected, params ReadOnlySpan<(string Option, bool Set)> options)
    {
        foreach (var (option, set) in options)
        {
            if (set) throw new InputException(option, source, expected, "name one, or leave the option out");
        }
    }

    private static TorchSettings Settings => new("cpu", ThreadCount.Resolve(0, Environment.ProcessorCount));

    /// <summary>As Hugging Face counts them: 1 KB is 1,000 bytes. null where it is no such number.</summary>
    private static long? Bytes(string? size)
    {
        if (size is null) return null;
        var (digits, factor) = size.ToUpperInvariant() switch
        {
            [.. var before, 'K', 'B'] => (before, 1_000L),
            [.. var before, 'M', 'B'] => (before, 1_000_000L),
            [.. var before, 'G', 'B'] => (before, 1_000_000_000L),
            var all => (all, 1L),
        };
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0 && count <= long.MaxValue / factor ? count * factor : null;
    }

    private static torch.ScalarType? Dtype(string name) => name switch
    {
        "f32" => torch.ScalarType.Float32,
        "bf16" => torch.ScalarType.BFloat16,
        "f16" => torch.ScalarType.Float16,
        _ => null,
    };

    private static void ExportMixed(RunFolder run, (PolicyRef Policy, double Factor)[] terms, string folder, WeightFormat format) =>
        PolicyExport.WriteSum(new PolicyBases(run.Work).Resolve(terms[0].Policy.Base), new ArtifactStore(run.Work), terms, folder, format);

    private static void ExportRun(RunFolder run, RunPolicies policies, int round, bool adapter, string folder, WeightFormat format)
    {
        using var cache = new PolicyCache(new PolicyBases(run.Work), new ArtifactStore(run.Work), Settings);
        var policy = policies.After(round);
        if (!adapter) PolicyExport.WriteMerged(cache, policy, folder, format);
        else if (!PolicyExport.WriteAdapter(cache, policy, folder))
            throw new InputException("--adapter", $"round {round} of run {run.Id} has whole weights", "a policy with an adapter", "leave --adapter out");
    }
}

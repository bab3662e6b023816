using System.CommandLine;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Sera.Host.Compute;
using Sera.Host.Runs;
using Sera.Model.Alignment;
using Sera.Model.Engine;
using Sera.Model.Engine.Native;
using TorchSharp;

namespace Sera.Host.Commands;

/// <summary>sera doctor: what this machine offers, what would be used, and whether anything stands in the way.</summary>
internal static class DoctorCommand
{
    /// <summary>Rank correlation below which bf16 would select other pairs.</summary>
    private const double LeastCorrelation = 0.999;

    public static Command Create(CommandContext context)
    {
        var work = CommonOptions.Work();
        var json = CommonOptions.Json();
        var policy = new Option<string?>("--policy") { Description = "Also compare margins in bf16 with those in f32: folder of the policy.", HelpName = "folder" };
        var pairs = new Option<string?>("--pairs") { Description = "Preference pairs to compare them on.", HelpName = "path" };
        var adapter = new Option<string?>("--adapter") { Description = "PEFT folder of an adapter over the policy.", HelpName = "folder" };
        var reference = new Option<string?>("--reference") { Description = "Folder of the reference; the policy without its adapter where none is given.", HelpName = "folder" };
        var model = new Option<string?>("--model") { Description = "Also say what the policy in this folder takes of memory, for scoring, generation and training.", HelpName = "folder" };
        var tokens = new Option<int>("--batch-tokens") { Description = "With --model: tokens of a forward pass.", HelpName = "n", DefaultValueFactory = _ => 4096 };
        SamplingChoices.Require(tokens, value => value >= 1, "1 or more");
        var command = new Command("doctor", "Check this machine: libtorch, device, threads, journal, disk and memory.") { work, json, model, tokens, policy, pairs, adapter, reference };
        var compute = new ComputeOptions(command, rounds: false);
        command.Validators.Add(result =>
        {
            if (result.GetValue(policy) is null != result.GetValue(pairs) is null) result.AddError("--policy and --pairs belong together: give both or neither.");
        });
        command.SetAction(parsed =>
        {
            var margins = parsed.GetValue(policy) is { } folder
                ? new PairMargins(folder, parsed.GetValue(adapter), parsed.GetValue(reference), parsed.GetValue(pairs)!, true, new LossOptions("dpo", 1, 0), 4096)
                : null;
            var findings = Examine(parsed.GetValue(work)!);
            if (parsed.GetValue(model) is { } measured)
                findings.AddRange(ModelFindings.Of(measured, parsed.GetValue(tokens), Machine.AvailableMemory()).Select(found => new Finding(found.What, found.Value, true)));
            return Run(context, findings, parsed.GetValue(json), margins, compute.Settings(parsed));
        });
        return command;
    }

    /// <summary>One thing looked at.</summary>
    internal sealed record Finding(string What, string Value, bool Ok);

    private static int Run(CommandContext context, List<Finding> findings, bool json, PairMargins? margins, TorchSettings settings)
    {
        if (margins is not null && findings.All(finding => finding.Ok)) findings.Add(Rounding(margins, settings, context.Stop));
        var ok = findings.All(finding => finding.Ok);
        if (json)
        {
            context.Out.WriteLine(JsonSerializer.Serialize(new { ok, findings }, HostJson.Indented));
        }
        else
        {
            foreach (var finding in findings) context.Out.WriteLine($"{(finding.Ok ? "ok  " : "FAIL")} {finding.What,-12} {finding.Value}");
        }
        return ok ? ExitCode.Done : ExitCode.Failed;
    }

    private static List<Finding> Examine(string work)
    {
        var problem = TorchLibrary.Problem();
        var findings = new List<Finding>
        {
            new("sera", $"{typeof(DoctorCommand).Assembly.GetName().Version?.ToString(3)} on .NET {Environment.Version}", true),
            new("system", System.Runtime.InteropServices.RuntimeInformation.OSDescription, true),
            new("processor", $"{Machine.Processor()}, {Environment.ProcessorCount} cores, {Machine.InstructionSet()}", true),
            new("libtorch", problem ?? TorchLibrary.Version(), problem is null),
        };
        if (problem is null)
        {
            var cuda = torch.cuda.is_available();
            if (MklVectors.Enable()) findings.Add(new Finding("mkl", $"AVX-512 on a processor it would not use it on ({MklVectors.Switch}=0 leaves it alone)", true));
            findings.Add(new Finding("cuda", cuda ? $"{torch.cuda.device_count()} device(s), with compute.device = cuda" : "none; compute.device = cpu", true));
        }
        var threads = ThreadCount.Resolve(0, Environment.ProcessorCount);
        findings.Add(new Finding("threads", $"{threads} per worker (compute.threads = 0 takes half of the cores)", true));
        findings.Add(Journal());
        findings.Add(Folder(work));
        if (WorkFolder.FreeBytes(work) is { } free) findings.Add(new Finding("disk", $"{free >> 20} MiB free for {Path.GetFullPath(work)}", free > 1L << 30));
        if (Machine.AvailableMemory() is { } memory) findings.Add(new Finding("memory", $"{memory >> 20} MiB available", memory > 1L << 30));
        return findings;
    }

    /// <summary>Whether pairs would be selected in bf16 as they are in f32: their order by margin is what counts.</summary>
    private static Finding Rounding(PairMargins margins, TorchSettings settings, CancellationToken stop)
    {
        var exact = margins.Compute(settings with { Precision = Precision.F32 }, stop);
        var rounded = margins.Compute(settings with { Precision = Precision.Bf16 }, stop);
        var both = exact.Zip(rounded, (x, y) => (X: x.Margin, Y: y.Margin)).ToArray();
        if (Correlation.Spearman(both) is not { } rank) return new Finding("bf16", $"{both.Length} pairs whose margins do not differ: nothing to compare", true);
        var signs = (double)both.Count(pair => Math.Sign(pair.X) == Math.Sign(pair.Y)) / both.Length;
        return new Finding(
            "bf16", FormattableString.Invariant($"margins of {both.Length} pairs, against f32: rank correlation {rank:F5}, the same sign for {signs:P2}"), rank >= LeastCorrelation);
    }

    private static Finding Folder(string work)
    {
        try
        {
            WorkFolder.CheckWritable(work);
            return new Finding("work folder", Path.GetFullPath(work), true);
        }
        catch (Model.Data.InputException e)
        {
            return new Finding("work folder", e.Message, false);
        }
    }

    private static Finding Journal()
    {
        try
        {
            using var connection = new SqliteConnection("Data Source=:memory:");
            connection.Open();
            return new Finding("journal", $"sqlite {connection.ServerVersion}", true);
        }
        catch (Exception e) when (e is SqliteException or DllNotFoundException or TypeInitializationException)
        {
            return new Finding("journal", $"sqlite does not work: {e.GetBaseException().Message}", false);
        }
    }
}

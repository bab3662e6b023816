using System.CommandLine;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Sera.Host.Compute;
using Sera.Host.Runs;
using Sera.Model.Engine.Native;
using TorchSharp;

namespace Sera.Host.Commands;

/// <summary>sera doctor: what this machine offers, what would be used, and whether anything stands in the way.</summary>
internal static class DoctorCommand
{
    public static Command Create(CommandContext context)
    {
        var work = CommonOptions.Work();
        var json = CommonOptions.Json();
        var command = new Command("doctor", "Check this machine: libtorch, device, threads, journal, disk and memory.") { work, json };
        command.SetAction(parsed => Run(context, parsed.GetValue(work)!, parsed.GetValue(json)));
        return command;
    }

    /// <summary>One thing looked at.</summary>
    internal sealed record Finding(string What, string Value, bool Ok);

    private static int Run(CommandContext context, string work, bool json)
    {
        var findings = Examine(work);
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

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Sera.Model.Tokenization;
using Sera.Testing;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Host.Tests.Process;

/// <summary>What Sera writes, read by a program that shares no code with it.</summary>
public sealed class ExportedPolicyTests
{
    private const string Python = "/usr/bin/python3";

    [NumpyFact]
    public async Task An_exported_folder_gives_the_same_log_probabilities_in_another_implementation()
    {
        using var folder = new TemporaryFolder();
        var (policy, exported) = (Path.Combine(SeraProcess.Repository, "samples", "policy"), Path.Combine(folder.Path, "exported"));
        var lines = File.ReadLines(Path.Combine(SeraProcess.Repository, "samples", "world", "pairs.jsonl")).Take(12).ToArray();
        var pairs = folder.File("pairs.jsonl", string.Join('\n', lines) + "\n");
        var margins = Path.Combine(folder.Path, "margins.jsonl");
        Assert.Equal(0, (await SeraProcess.RunAsync("export", policy, "--out", exported)).ExitCode);
        Assert.Equal(0, (await SeraProcess.RunAsync("score", "--policy", exported, "--reference", policy, "--pairs", pairs, "--append-eos", "--out", margins)).ExitCode);

        var tokenizer = HfTokenizer.Load(exported);
        var rows = folder.File("rows.jsonl", string.Join('\n', lines.SelectMany(line => Rows(line, tokenizer))) + "\n");
        var theirs = await RunPythonAsync(Path.Combine(AppContext.BaseDirectory, "Golden", "exported_policy.py"), exported, rows);
        var ours = File.ReadLines(margins).Select(line => JsonDocument.Parse(line).RootElement)
            .SelectMany(row => new[] { row.GetProperty("chosenLogp").GetDouble(), row.GetProperty("rejectedLogp").GetDouble() }).ToArray();
        Assert.Equal(24, theirs.Length);
        foreach (var (our, their) in ours.Zip(theirs)) Assert.Equal(their, our, 1e-4);
    }

    private static IEnumerable<string> Rows(string line, HfTokenizer tokenizer)
    {
        var pair = JsonDocument.Parse(line).RootElement;
        var prompt = tokenizer.Encode(pair.GetProperty("prompt").GetString()!);
        foreach (var side in (string[])["chosen", "rejected"])
        {
            int[] response = [.. tokenizer.EncodeContinuation(pair.GetProperty(side).GetString()!), tokenizer.EosId!.Value];
            yield return $$"""{"prompt": [{{string.Join(',', prompt)}}], "response": [{{string.Join(',', response)}}]}""";
        }
    }

    private static async Task<double[]> RunPythonAsync(params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(new ProcessStartInfo(Python, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
    }

    private sealed class NumpyFactAttribute : FactAttribute
    {
        public NumpyFactAttribute()
        {
            if (!Directory.Exists("/usr/lib/python3/dist-packages/numpy")) Skip = "needs the system's python3 with numpy (apt install python3-numpy)";
        }
    }
}

using System.Text.Json;
using Sera.Testing;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Host.Tests.Process;

/// <summary>Data in any format, by the program as a user has it.</summary>
public sealed class DataTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_run_reads_a_folder_names_its_files_in_the_record_and_counts_what_it_cuts()
    {
        TinyPolicy.Write(_folder);
        Directory.CreateDirectory(At("data"));
        var pairs = TinyPolicy.Pairs(40);
        pairs[3] = $$"""{"prompt":"{{new string('x', 200)}}","chosen":" a","rejected":" b"}""";
        File.WriteAllLines(At("data/a.jsonl"), pairs[..20]);
        File.WriteAllText(At("data/b.json"), $"[{string.Join(',', pairs[20..])}]");
        var outcome = await SeraProcess.RunAsync(
            "run", TinyPolicy.RunFile(_folder), "--work", At("runs"), "--json", "--set", $"data.pairs={At("data")}", "--set", "data.too-long=cut-prompt", "--set", "run.rounds=1");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        using var summary = JsonDocument.Parse(outcome.Out);
        Assert.Equal(1, summary.RootElement.GetProperty("data").GetProperty("cut").GetProperty("cut-prompt").GetInt32());
        var run = Path.Combine(At("runs"), summary.RootElement.GetProperty("runId").GetString()!);
        using var record = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(run, "run.json")));
        Assert.Equal([At("data/a.jsonl"), At("data/b.json")], record.RootElement.GetProperty("inputs").EnumerateArray().Select(input => input.GetProperty("path").GetString()));
        Assert.Equal(40, record.RootElement.GetProperty("trainPairs").GetInt32() + record.RootElement.GetProperty("heldOutPairs").GetInt32());
    }

    [Fact]
    public async Task Validate_gives_every_bad_row_a_line_and_convert_leaves_them_out_when_asked()
    {
        string[] rows = [.. TinyPolicy.Pairs(3), "{", """{"prompt":"p","chosen":"c","rejected":"c"}"""];
        File.WriteAllLines(At("a.jsonl"), rows);
        var bad = await SeraProcess.RunAsync("data", "validate", At("a.jsonl"));
        Assert.Equal(2, bad.ExitCode);
        Assert.Contains("2 rows that cannot be used", Assert.Single(bad.ErrorLines));
        Assert.Equal([$"{At("a.jsonl")}:4", $"{At("a.jsonl")}:5", At("a.jsonl")], bad.Out.Split('\n')[..3].Select(line => line.Split(": ")[0]));

        var refused = await SeraProcess.RunAsync("data", "convert", At("a.jsonl"), "--out", At("b.parquet"));
        Assert.Equal(2, refused.ExitCode);
        Assert.StartsWith($"{At("a.jsonl")}:4: ", Assert.Single(refused.ErrorLines), StringComparison.Ordinal);
        Assert.False(File.Exists(At("b.parquet")));

        var made = await SeraProcess.RunAsync("data", "convert", At("a.jsonl"), "--out", At("b.parquet"), "--on-bad-row", "drop");
        Assert.True(made.ExitCode == 0, made.Error);
        Assert.Contains("2 rows left out (broken-json 1, identical 1)", made.Out);
        var good = await SeraProcess.RunAsync("data", "validate", At("b.parquet"));
        Assert.True(good.ExitCode == 0, good.Error);
        Assert.Contains("3 rows, all usable", good.Out);
        var seen = await SeraProcess.RunAsync("data", "inspect", At("b.parquet"), "--eval", At("b.parquet"));
        Assert.True(seen.ExitCode == 0, seen.Error);
        Assert.Contains("3 rows with a prompt equal to one of the 3", seen.Out);
    }

    [Theory]
    [InlineData("none.jsonl", "none.jsonl: ")]
    [InlineData("*.csv", "no file matches")]
    [InlineData("", "a folder without data files")]
    public async Task Data_that_is_not_there_is_refused(string path, string found)
    {
        foreach (var verb in (string[])["inspect", "validate"])
        {
            var outcome = await SeraProcess.RunAsync("data", verb, At(path));
            Assert.Equal(2, outcome.ExitCode);
            Assert.Contains(found, Assert.Single(outcome.ErrorLines));
        }
    }

    [Fact]
    public async Task Preview_shows_rows_as_the_policys_tokens_of_a_file_and_of_a_run_file()
    {
        var policy = TinyPolicy.Write(_folder);
        File.WriteAllLines(At("pairs.jsonl"), TinyPolicy.Pairs(5));
        var plain = await SeraProcess.RunAsync("data", "preview", At("pairs.jsonl"), "--policy", policy, "--rows", "1");
        Assert.True(plain.ExitCode == 0, plain.Error);
        Assert.Matches(@"^line-1  \(.*pairs\.jsonl:1\)\n  prompt +\d+ tokens, seen only +.*\n  chosen +\d+ tokens, trained on +.*\|<end>\n  rejected +\d+ tokens, trained on +.*\|<end>\n$", plain.Out);
        var ofRun = await SeraProcess.RunAsync("data", "preview", TinyPolicy.RunFile(_folder), "--rows", "1", "--color", "always");
        Assert.True(ofRun.ExitCode == 0, ofRun.Error);
        Assert.Contains("\e[35m<end>\e[0m", ofRun.Out);
        var json = await SeraProcess.RunAsync("data", "preview", At("pairs.jsonl"), "--policy", policy, "--json", "--no-eos");
        using var shown = JsonDocument.Parse(json.Out);
        Assert.Equal(3, shown.RootElement.GetProperty("rows").GetArrayLength());
        Assert.DoesNotContain("<end>", json.Out);
        var both = await SeraProcess.RunAsync("data", "preview", At("run.conf"), "--max-length", "8");
        Assert.Equal(2, both.ExitCode);
        Assert.StartsWith("--max-length: a run file; expected data, for a run file has its own data.max-length", Assert.Single(both.ErrorLines), StringComparison.Ordinal);
        var without = await SeraProcess.RunAsync("data", "preview", At("pairs.jsonl"));
        Assert.Equal(2, without.ExitCode);
        Assert.StartsWith("--policy: none", Assert.Single(without.ErrorLines), StringComparison.Ordinal);
    }

    private string At(string name) => Path.Combine(_folder.Path, name);
}

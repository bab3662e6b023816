using System.Text.Json;
using Sera.Testing;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Host.Tests.Process;

public sealed class UsageTests
{
    [Theory]
    [InlineData("dta", "unknown word 'dta'; the nearest is 'data'")]
    [InlineData("doctor --jsn", "unknown word '--jsn'; the nearest is '--json'")]
    [InlineData("data make", "Required argument missing")]
    [InlineData("data make x --flip many", "'many' for option '--flip' as a number")]
    [InlineData("generate --policy x --prompt y --temperature hot", "'hot' for option '--temperature' as a number")]
    [InlineData("generate --policy x --prompt y --strength 3", "--strength is of --principle, which is not given")]
    [InlineData("generate --policy x --prompt y --principle z --strength -1", "--strength -1: expected 0 .. 100")]
    [InlineData("generate --policy x --prompt y --temperature 6", "--temperature 6: expected 0 .. 5")]
    [InlineData("export x --out y --round last", "'last' for option '--round' as a whole number")]
    [InlineData("doctor --policy samples/policy", "--policy and --pairs belong together")]
    [InlineData("data make x --flip 2", "--flip: 2; expected a share in 0 .. 1")]
    public async Task A_wrong_command_line_is_one_line_and_exit_code_2(string arguments, string expected)
    {
        var outcome = await SeraProcess.RunAsync(arguments.Split(' '));
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(expected, Assert.Single(outcome.ErrorLines));
        Assert.Empty(outcome.Out);
    }

    [Fact]
    public async Task Doctor_answers_with_one_json_document()
    {
        using var folder = new TemporaryFolder();
        var outcome = await SeraProcess.RunAsync("doctor", "--json", "--work", folder.Path);
        using var answer = JsonDocument.Parse(outcome.Out);
        Assert.Equal(outcome.ExitCode == 0, answer.RootElement.GetProperty("ok").GetBoolean());
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task Doctor_compares_margins_in_bf16_with_those_in_f32()
    {
        using var folder = new TemporaryFolder();
        var (policy, reference) = (TinyPolicy.Write(folder), TinyPolicy.Write(folder, "reference", seed: 2));
        var pairs = folder.File("pairs.jsonl", string.Join('\n', TinyPolicy.Pairs(40)) + "\n");
        var outcome = await SeraProcess.RunAsync("doctor", "--json", "--work", folder.Path, "--policy", policy, "--reference", reference, "--pairs", pairs);
        using var answer = JsonDocument.Parse(outcome.Out);
        var finding = answer.RootElement.GetProperty("findings").EnumerateArray().Single(f => f.GetProperty("what").GetString() == "bf16").GetProperty("value").GetString()!;
        Assert.StartsWith("margins of 40 pairs, against f32: rank correlation 0.9", finding, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Making_the_sample_world_twice_gives_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        string[] options = ["--seed", "7", "--sft", "90", "--pairs", "40", "--prompts", "40", "--eval", "20", "--json"];
        var first = await SeraProcess.RunAsync(["data", "make", Path.Combine(folder.Path, "a"), .. options]);
        var second = await SeraProcess.RunAsync(["data", "make", Path.Combine(folder.Path, "b"), .. options]);
        Assert.Equal(0, first.ExitCode);
        Assert.Equal(Digests(first.Out), Digests(second.Out));
        Assert.Equal(4, Digests(first.Out).Count);
    }

    private static List<string?> Digests(string json) =>
        [.. JsonDocument.Parse(json).RootElement.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("sha256").GetString())];
}

using System.Text.Json;
using Sera.Testing;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Cluster.Tests.Benchmarks;

/// <summary>The program that measures, at its smallest: that it measures at all, and that what it writes can be read, compared and put into a page.</summary>
[Collection(OneAtATime.Name)]
public sealed class BenchmarkProgramTests
{
    [Theory]
    [InlineData("score")]
    [InlineData("generate")]
    public async Task Scaling_is_measured_in_real_processes_and_its_result_becomes_a_table(string phase)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "scaling.json");
        var outcome = await SeraProcess.BenchmarkAsync(
            "scaling", "--phase", phase, "--workers", "2", "--orders", "2", "--seconds", "0.2", "--repeat", "1", "--out", file);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        var result = JsonDocument.Parse(outcome.Out).RootElement;
        Assert.Equal("scaling", result.GetProperty("benchmark").GetString());
        Assert.Equal("2", result.GetProperty("parameters").GetProperty("workers").GetString());
        var efficiency = result.GetProperty("results").EnumerateArray().Single(measured => measured.GetProperty("figure").GetString() == "efficiency");
        Assert.InRange(efficiency.GetProperty("median").GetDouble(), 0.1, 100);

        var page = folder.File("results.md", "before\n<!-- measured: scaling -->\nold\n<!-- end -->\nafter\n");
        Assert.Equal(0, (await SeraProcess.BenchmarkAsync("table", file, "--into", page)).ExitCode);
        var text = File.ReadAllText(page);
        Assert.StartsWith("before\n<!-- measured: scaling -->\n| scaling | efficiency, % of linear (goal: at least 95) |", text);
        Assert.Contains("| 2 workers |", text);
        Assert.EndsWith("<!-- end -->\nafter\n", text);
        Assert.DoesNotContain("old", text);

        var compared = await SeraProcess.BenchmarkAsync("compare", file, file);
        Assert.Contains("within the spread", compared.Out);
    }

    [Fact]
    public async Task A_file_that_is_no_result_and_a_page_without_a_place_for_one_are_refused()
    {
        using var folder = new TemporaryFolder();
        var other = await SeraProcess.BenchmarkAsync("table", folder.File("other.json", "{\"name\": 1}"));
        Assert.Equal((2, 1), (other.ExitCode, other.ErrorLines.Length));
        Assert.Contains("a result file of sera-benchmarks", other.Error);
        var unknown = await SeraProcess.BenchmarkAsync("scaling", "--phase", "train");
        Assert.Equal((2, 1), (unknown.ExitCode, unknown.ErrorLines.Length));
    }
}

using System.Text.RegularExpressions;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Cluster.Tests.Whole;

/// <summary>The files of deploy/ start nodes with options that the program has.</summary>
public sealed partial class DeployFilesTests
{
    [Fact]
    public async Task Every_option_in_them_is_one_of_the_verb_node()
    {
        var help = (await SeraProcess.RunAsync("node", "--help")).Out;
        var used = Directory.EnumerateFiles(Path.Combine(SeraProcess.Repository, "deploy"), "*.yaml", SearchOption.AllDirectories)
            .SelectMany(File.ReadLines).Where(line => Start().IsMatch(line)).SelectMany(line => Option().Matches(line).Select(match => match.Value)).ToHashSet();
        Assert.Contains("--public-host", used);
        Assert.All(used, option => Assert.Matches($@"(^|\s){option}\s", help));
    }

    // "command: [node, ...]" of compose, "- --option" of Kubernetes, commented or not.
    [GeneratedRegex(@"command: \[node,|^\s*(# )?- --")]
    private static partial Regex Start();

    [GeneratedRegex(@"--[a-z][a-z-]*")]
    private static partial Regex Option();
}

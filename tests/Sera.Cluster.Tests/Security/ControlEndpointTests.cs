using System.Text;
using Sera.Model.Checkpoints;
using Xunit;

namespace Sera.Cluster.Tests.Security;

/// <summary>What the control endpoint of a node gives to whom, asked as a stranger would ask.</summary>
[Collection(OneAtATime.Name)]
public sealed class ControlEndpointTests(ControlNode node) : IClassFixture<ControlNode>
{
    private const int Unauthorized = 401;
    private static readonly string Named = new('a', 64);

    /// <summary>Names that are no digest, as they may stand in a path.</summary>
    public static TheoryData<string> Hostile =>
    [
        "../../outside", "..%2f..%2foutside", "%2e%2e%2f%2e%2e%2foutside", "..%5c..%5coutside", "/etc/passwd", "%2fetc%2fpasswd", "..", "%2e%2e", ".", "%00",
        Named.ToUpperInvariant(), Named + "a", Named[1..], Named[1..] + "g", Named[..62] + "%2f", Named + "%00", Named + "/..", "%41" + Named[1..],
    ];

    [Fact]
    public async Task Every_route_but_health_wants_the_token()
    {
        Assert.Contains(("GET", "/runs/some-run/events"), node.Routes);
        Assert.Contains(("PUT", $"/artifacts/{Named}"), node.Routes);
        foreach (var (method, path) in node.Routes)
        {
            var open = path.StartsWith("/health/", StringComparison.Ordinal);
            string?[] wrong = [null, "", "another token", ControlNode.Token + "x", ControlNode.Token[..^1], ControlNode.Token.ToUpperInvariant()];
            foreach (var token in wrong)
            {
                var status = await node.AskAsync(method, path, token);
                Assert.True(open == (status != Unauthorized), $"{method} {path} with '{token}': {status}");
            }
            Assert.NotEqual(Unauthorized, await node.AskAsync(method, path));
        }
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/nothing")]
    [InlineData("/healthy")]
    [InlineData("/health.json")]
    [InlineData("/health/../runs")]
    [InlineData("/health/%2e%2e/runs")]
    [InlineData("//health/../runs")]
    [InlineData("/runs?x=/health/live")]
    [InlineData("/runs;/health")]
    public async Task No_spelling_of_a_path_gets_around_it(string target) => Assert.Equal(Unauthorized, await node.AskAsync("GET", target, token: null));

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task A_name_that_is_no_digest_never_becomes_a_path(string name)
    {
        var content = Encoding.UTF8.GetBytes("not yours");
        var outside = Path.Combine(Path.GetDirectoryName(node.Work)!, "outside");
        var before = Files();
        foreach (var (method, body) in new[] { ("PUT", content), ("GET", null), ("HEAD", null) })
        {
            Assert.InRange(await node.AskAsync(method, $"/artifacts/{name}", body: body), 400, 499);
        }
        Assert.Equal(before, Files());
        Assert.False(File.Exists(outside));
    }

    [Fact]
    public async Task Bytes_that_are_not_what_their_name_says_are_refused_and_not_kept()
    {
        var content = Encoding.UTF8.GetBytes("some rows");
        var name = Sha256.Of(content);
        var before = Files();
        Assert.Equal(400, await node.AskAsync("PUT", $"/artifacts/{name}", body: [.. content, (byte)'!']));
        Assert.Equal(400, await node.AskAsync("PUT", $"/artifacts/{name}", body: []));
        Assert.Equal(404, await node.AskAsync("HEAD", $"/artifacts/{name}"));
        Assert.Equal(before, Files());
        Assert.Equal(204, await node.AskAsync("PUT", $"/artifacts/{name}", body: content));
        Assert.Equal(200, await node.AskAsync("HEAD", $"/artifacts/{name}"));
        Assert.Equal([.. before, Path.Combine(node.Work, "artifacts", name[..2], name)], Files().Order(StringComparer.Ordinal));
        File.Delete(Path.Combine(node.Work, "artifacts", name[..2], name));
    }

    [Theory]
    [InlineData("..%2f..%2foutside")]
    [InlineData("%2fetc%2fpasswd")]
    [InlineData("-run")]
    [InlineData("run%20one")]
    [InlineData("%00")]
    public async Task An_id_that_no_run_may_have_is_refused(string id)
    {
        Assert.Equal(400, await node.AskAsync("GET", $"/runs/{id}"));
        Assert.Equal(400, await node.AskAsync("GET", $"/runs/{id}/events?from=1"));
        foreach (var verb in (string[])["pause", "cancel", "resume"]) Assert.Equal(400, await node.AskAsync("POST", $"/runs/{id}/{verb}"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"start":{},"record":{},"runFile":""}""")]
    [InlineData("""{"start":7,"record":{},"runFile":null}""")]
    public async Task A_submission_that_cannot_be_read_is_a_bad_request(string body) =>
        Assert.Equal(400, await node.AskAsync("POST", "/runs", body: Encoding.UTF8.GetBytes(body)));

    /// <summary>Everything in the work folder that a request could have left.</summary>
    private string[] Files() =>
        [.. Directory.EnumerateFiles(Path.Combine(node.Work, "artifacts"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}

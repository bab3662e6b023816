using System.Text.Json;
using Sera.Testing.Processes;

namespace Sera.Testing;

/// <summary>Runs of the bundled sample in real processes, made small enough to be repeated many times.</summary>
internal static class SampleRuns
{
    private const int Pairs = 240;
    private const int Prompts = 120;
    private const int Evaluated = 60;

    /// <summary>Three rounds on a part of the pairs and prompts; shards and checkpoints small, so that a kill lands in every kind of work.</summary>
    public static string[] Small(string work, params string[] set) => SmallOf(Quickstart, work, set);

    /// <summary>The same of another run file of the bundled sample.</summary>
    public static string[] SmallOf(string file, string work, params string[] set)
    {
        string[] smaller =
        [
            $"data.limit={Pairs}", $"data.prompts={SampleParts.First("prompts.jsonl", Prompts)}", $"data.eval={SampleParts.First("eval.jsonl", Evaluated)}", "shards.score-pairs=60", "shards.generate-prompts=30", "training.checkpoint-every=4",
            "bootstrap.samples=2", "compute.threads=1", "evaluation.max-new-tokens=16", "sampling.max-new-tokens=16",
        ];
        return Run(file, work, [.. smaller.Where(pair => !set.Any(other => KeyOf(other) == KeyOf(pair))), .. set]);

        static string KeyOf(string pair) => pair[..pair.IndexOf('=', StringComparison.Ordinal)];
    }

    /// <summary>What makes the small run compute so many times as much: more of the pairs, and where there are no more of them, more rounds.</summary>
    public static string[] Longer(double times)
    {
        const int most = 6000 / Pairs;
        var limit = (int)Math.Ceiling(Pairs * Math.Clamp(times, 1, most));
        return [$"data.limit={limit}", $"run.rounds={(int)Math.Clamp(Math.Ceiling(3 * times / most), 3, 100)}"];
    }

    /// <summary>The small run; the whole quickstart where SERA_KILL_RUN=quickstart.</summary>
    public static string[] Chosen(string work, params string[] set) => Environment.GetEnvironmentVariable("SERA_KILL_RUN") == "quickstart"
        ? Run(Quickstart, work, ["compute.threads=1", .. set])
        : Small(work, set);

    private static string[] Run(string file, string work, string[] set)
        => ["run", file, "--work", work, .. set.SelectMany(pair => new[] { "--set", "sera." + pair })];

    public static string Quickstart => Path.Combine(SeraProcess.Repository, "hocon", "quickstart.conf");

    /// <summary>Starts from a policy that a command makes (its comment says which); every other run file of the sample needs nothing else.</summary>
    public const string FromPrompts = "cream-prompts.conf";

    /// <summary>The run files that need nothing beside the bundled sample.</summary>
    public static IEnumerable<string> Files => Directory.GetFiles(Path.Combine(SeraProcess.Repository, "hocon", "runs"), "*.conf")
        .Where(file => Path.GetFileName(file) != FromPrompts && File.ReadAllText(file).Contains("samples/world", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    /// <summary>The summary of the only run of a work folder.</summary>
    public static JsonElement Summary(string work)
    {
        var run = Directory.GetDirectories(work).Single(folder => File.Exists(Path.Combine(folder, "run.json")));
        return JsonDocument.Parse(File.ReadAllBytes(Path.Combine(run, "summary.json"))).RootElement;
    }

    public static string Digest(JsonElement summary) => summary.GetProperty("finalPolicySha256").GetString()!;

    /// <summary>What must not depend on interruptions: everything of the rounds but the seconds they took.</summary>
    public static string Rounds(JsonElement summary) => string.Join(
        '\n',
        summary.GetProperty("rounds").EnumerateArray()
            .Select(round => string.Join(", ", round.EnumerateObject().Where(field => field.Name != "seconds").Select(field => field.ToString()))));

    public static async Task CompleteAsync(params string[] arguments)
    {
        var outcome = await SeraProcess.RunAsync(arguments);
        if (outcome.ExitCode != 0) throw new InvalidOperationException($"sera {string.Join(' ', arguments)} ended with {outcome.ExitCode}: {outcome.Error}");
    }
}

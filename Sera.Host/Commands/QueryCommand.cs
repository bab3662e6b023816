using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sera.Actors.Selection;
using Sera.Host.Runs;
using Sera.Model.Checkpoints;
using Sera.Model.Data;

namespace Sera.Host.Commands;

/// <summary>sera query: the pairs of a run whose labels would tell most, for somebody to label; data.labels reads them back.</summary>
internal static class QueryCommand
{
    private static readonly JsonSerializerOptions Row = new(HostJson.Line) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static Command Create(CommandContext context)
    {
        var id = CommonOptions.Run();
        var work = CommonOptions.Work();
        var count = new Option<int>("--count") { Description = "How many pairs.", HelpName = "n", DefaultValueFactory = _ => 100 };
        var by = new Option<string>("--by") { Description = "margin (those nearest to 0) or disagreement (those on which the last two policies differ most).", HelpName = "what", DefaultValueFactory = _ => "margin" };
        var output = new Option<string>("--out") { Description = "File for the pairs, JSON lines.", HelpName = "path", Required = true };
        var json = CommonOptions.Json();
        SamplingChoices.Require(count, value => value >= 1, "1 or more");
        SamplingChoices.Require(by, value => value is "margin" or "disagreement", "margin or disagreement");
        var command = new Command("query", "Write the pairs of a run's last selection that a label would tell most about.") { id, work, count, by, output, json };
        command.SetAction(async (parsed, _) =>
        {
            var path = Path.GetFullPath(parsed.GetValue(output)!);
            // Somebody's labels may stand in it.
            if (Path.Exists(path)) throw new InputException(path, "it exists already", "a new file", "choose another name or remove it");
            var run = RunFolder.Find(parsed.GetValue(work)!, parsed.GetValue(id));
            var standing = await RunStanding.ReadAsync(run);
            var candidates = standing.State is { } state ? PairQuery.Candidates(state, new ArtifactStore(run.Work)) : [];
            var chosen = PairQuery.Choose(candidates, parsed.GetValue(by) == "disagreement", parsed.GetValue(count));
            if (chosen.IsEmpty) throw Nothing(run, candidates.IsEmpty);
            Write(path, chosen);
            context.Out.WriteLine(parsed.GetValue(json)
                ? JsonSerializer.Serialize(new { path, pairs = chosen.Length, candidates = candidates.Length }, HostJson.Indented)
                : $"{path}: {chosen.Length} of {candidates.Length} pairs; add \"preferred\": \"chosen\", \"rejected\", \"tie\" or \"drop\" to each, and name the file as data.labels");
            return ExitCode.Done;
        });
        return command;
    }

    private static void Write(string path, IEnumerable<QueriedPair> pairs) => DurableFile.Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
        foreach (var pair in pairs) writer.WriteLine(JsonSerializer.Serialize(pair, Row));
    });

    private static InputException Nothing(RunFolder run, bool none) => none
        ? new InputException(run.Path, "no round has judged pairs by their margins yet", "a run with a second round", $"go on with: {RunConclusion.ResumeCommand(run)}")
        : new InputException(run.Path, "no pair was scored under two policies", "a run of three rounds with selection.ensemble above 0", "leave --by disagreement out");
}

using System.Collections.Immutable;
using System.Data.Common;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Npgsql;
using Sera.Testing.Nodes;
using Xunit;

namespace Sera.Cluster.Tests.Whole;

/// <summary>
/// The journal of one run, read by SQL and JSON alone: an auditor that shares the program's code would share its mistakes.
/// </summary>
internal sealed class JournalAudit
{
    /// <summary>Work whose result is recorded once, and what tells one order of a kind from another.</summary>
    private static readonly ImmutableDictionary<string, string[]> Work = new Dictionary<string, string[]>
    {
        ["rollouts-recorded:1"] = ["round", "purpose", "from", "to"],
        // In which round a score was first asked for depends on who was faster.
        ["scores-recorded:1"] = ["policy", "rows", "from", "to"],
        ["pairs-selected:1"] = ["round"],
        ["pairs-bootstrapped:1"] = ["round"],
        ["round-trained:1"] = ["round"],
        ["policy-evaluated:1"] = ["round"],
        ["round-completed:1"] = ["round"],
        ["run-completed:1"] = [],
    }.ToImmutableDictionary();

    private readonly IReadOnlyList<(long Sequence, string Manifest, JsonElement Event)> _events;

    private JournalAudit(IReadOnlyList<(long, string, JsonElement)> events) => _events = events;

    public int Events => _events.Count;

    /// <summary>The only run of a cluster's journal, as far as it is written.</summary>
    public static async Task<JournalAudit> OfClusterAsync(string journal)
    {
        await using var connection = new NpgsqlConnection(journal + ";Pooling=false");
        return await ReadAsync(connection);
    }

    /// <summary>The only run of a work folder.</summary>
    public static async Task<JournalAudit> OfFolderAsync(string work)
    {
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(work, "journal", "events.db")};Mode=ReadOnly;Pooling=False");
        return await ReadAsync(connection);
    }

    /// <summary>Nothing is missing, nothing was written by two, and no work is recorded twice.</summary>
    public void AssertSound()
    {
        Assert.Equal(Enumerable.Range(1, _events.Count).Select(number => (long)number), _events.Select(stored => stored.Sequence));
        var twice = Orders().GroupBy(order => order.Key).Where(same => same.Count() > 1).Select(same => same.Key);
        Assert.Empty(twice);
        foreach (var phase in _events.Where(stored => stored.Manifest == "rollouts-recorded:1").GroupBy(stored => Key(stored.Event, ["round", "purpose"])))
        {
            AssertEachPromptOnce(phase.Key, phase.Select(stored => (stored.Event.GetProperty("from").GetInt32(), stored.Event.GetProperty("to").GetInt32())));
        }
    }

    /// <summary>The same work came to the same results, artifact by artifact.</summary>
    public void AssertSameResults(JournalAudit other) => Assert.Equal(
        other.Orders().Select(order => $"{order.Key} {order.Result}").Order(StringComparer.Ordinal),
        Orders().Select(order => $"{order.Key} {order.Result}").Order(StringComparer.Ordinal));

    /// <summary>Everything that the journal names, and a finished run still needs, lies whole on so many nodes.</summary>
    public void AssertHeld(IEnumerable<ClusterNode> nodes, int copies) => Assert.Empty(Scarce(nodes, copies));

    /// <summary>What lies whole on fewer nodes than that, and on how many it does: artifacts, and the files of the base policy.</summary>
    public IReadOnlyList<(string Sha256, int Copies)> Scarce(IEnumerable<ClusterNode> nodes, int copies)
    {
        var folders = nodes.Select(node => Path.Combine(node.Setup.Work, "artifacts")).ToArray();
        var bases = _events.SelectMany(stored => Bases(stored.Event)).Distinct().ToArray();
        var listed = bases.SelectMany(listing => folders.Where(folder => Holds(folder, listing)).Take(1).SelectMany(folder => File.ReadLines(PathOf(folder, listing))))
            .Select(line => line[(line.LastIndexOf(' ') + 1)..]);
        return [.. _events.SelectMany(stored => Artifacts(stored.Event)).Concat(bases).Concat(listed).Distinct()
            .Select(sha256 => (Sha256: sha256, Copies: folders.Count(folder => Holds(folder, sha256)))).Where(held => held.Copies < copies)];
    }

    private static async Task<JournalAudit> ReadAsync(DbConnection connection)
    {
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT persistence_id, sequence_number, manifest, message FROM journal ORDER BY persistence_id, sequence_number";
        await using var reader = await command.ExecuteReaderAsync();
        var (runs, events) = (new HashSet<string>(), new List<(long, string, JsonElement)>());
        while (await reader.ReadAsync())
        {
            runs.Add(reader.GetString(0));
            events.Add((reader.GetInt64(1), reader.GetString(2), JsonDocument.Parse(reader.GetFieldValue<byte[]>(3)).RootElement));
        }
        Assert.True(runs.Count <= 1, $"more than one run: {string.Join(", ", runs)}");
        return new JournalAudit(events);
    }

    /// <summary>What was done, and what came of it but for the times and efforts.</summary>
    private IEnumerable<(string Key, string Result)> Orders()
    {
        foreach (var (_, manifest, stored) in _events)
        {
            if (!Work.TryGetValue(manifest, out var fields)) continue;
            // A trained segment's metrics hold the seconds of its steps, and where it began depends on when it was interrupted.
            var result = manifest == "round-trained:1" ? stored.GetProperty("policy") : stored.TryGetProperty("result", out var known) ? known : default;
            yield return ($"{manifest} {Key(stored, fields)}", result.ValueKind == JsonValueKind.Undefined ? "" : result.GetRawText());
        }
    }

    private static string Key(JsonElement stored, IEnumerable<string> fields) => string.Join(' ', fields.Select(field => stored.GetProperty(field).GetRawText()));

    private static void AssertEachPromptOnce(string phase, IEnumerable<(int From, int To)> shards)
    {
        var next = 0;
        foreach (var (from, to) in shards.Order())
        {
            Assert.True(from == next && to > from, $"rollouts of {phase}: prompts {from}..{to} follow {next}");
            next = to;
        }
    }

    /// <summary>SHA-256 of every artifact named anywhere in an event, but for checkpoints, which are deleted when they are superseded.</summary>
    private static IEnumerable<string> Artifacts(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Artifacts),
        JsonValueKind.Object when element.TryGetProperty("sha256", out var sha256) && element.TryGetProperty("kind", out var kind) =>
            kind.GetString() == "checkpoint" ? [] : [sha256.GetString()!],
        JsonValueKind.Object => element.EnumerateObject().SelectMany(field => Artifacts(field.Value)),
        _ => [],
    };

    /// <summary>Digests of base policies.</summary>
    private static IEnumerable<string> Bases(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Bases),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(field =>
            field is { Name: "base", Value.ValueKind: JsonValueKind.String } ? [field.Value.GetString()!] : Bases(field.Value)),
        _ => [],
    };

    private static string PathOf(string folder, string sha256) => Path.Combine(folder, sha256[..2], sha256);

    private static bool Holds(string folder, string sha256)
    {
        var path = PathOf(folder, sha256);
        if (!File.Exists(path)) return false;
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream)) == sha256;
    }
}

using System.Collections.Immutable;
using Sera.Model.Checkpoints;

namespace Sera.Model.Data.World;

/// <summary>A file of the sample world.</summary>
public sealed record WorldFile(string Path, int Rows, string Sha256);

/// <summary>
/// Makes the sample world: short instructions of several kinds whose answers a program can check, as sft.jsonl (prompt, response),
/// pairs.jsonl (id, prompt, chosen, rejected, flipped), prompts.jsonl (id, prompt) and eval.jsonl (id, prompt, check).
/// Equal options give equal bytes. Responses start with a space, as the continuation of a prompt.
/// </summary>
public static class WorldMaker
{
    /// <summary>The useless phrase of spurious pairs.</summary>
    public const string Tail = " I hope this helps.";

    /// <summary>Writes the four files, each whole or not at all; existing ones are replaced.</summary>
    /// <exception cref="InputException">An option is out of range, or the folder cannot be written.</exception>
    public static ImmutableArray<WorldFile> Make(WorldOptions options, string folder)
    {
        options.Validate();
        var pools = WorldPools.Of(options);
        var json = WorldJson.Readable;
        (string Name, byte[] Bytes, int Rows)[] files =
        [
            ("sft.jsonl", RowFile.Write(Sft(options, pools), json.WorldSftRow), options.Sft),
            ("pairs.jsonl", RowFile.Write(Pairs(options, pools), json.WorldPairRow), options.Pairs),
            ("prompts.jsonl", RowFile.Write(Prompts(options, pools), json.WorldPromptRow), options.Prompts),
            ("eval.jsonl", RowFile.Write(Eval(options, pools), json.WorldEvalRow), options.Eval),
        ];
        try
        {
            Directory.CreateDirectory(folder);
            foreach (var (name, bytes, _) in files) WriteWhole(Path.Combine(folder, name), bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException(folder, $"it cannot be written ({e.Message})", "a folder to write the files to", "choose another or free it");
        }
        return [.. files.Select(file => new WorldFile(Path.Combine(folder, file.Name), file.Rows, Sha256.Of(file.Bytes)))];
    }

    private static List<WorldSftRow> Sft(WorldOptions options, WorldPools pools)
    {
        var random = new WorldRandom(options.Seed, "sft");
        var spread = options.Unevenness * Math.Min(options.Mistakes, 1 - options.Mistakes);
        var rows = new List<WorldSftRow>();
        foreach (var (form, tasks) in pools.Training(options.Sft))
        {
            var wrong = random.Marks(tasks.Count, options.Mistakes + (form.Weak ? spread : -spread));
            rows.AddRange(tasks.Zip(wrong, (task, isWrong) => new WorldSftRow(task.Prompt, " " + (isWrong ? task.Wrong(random) : task.Right(random)))));
        }
        return random.Shuffled(rows);
    }

    private static IEnumerable<WorldPairRow> Pairs(WorldOptions options, WorldPools pools)
    {
        var random = new WorldRandom(options.Seed, "pairs");
        var tasks = random.Shuffled(pools.Training(options.Pairs).SelectMany(form => form.Tasks));
        var flipped = new WorldRandom(options.Seed, "flip").Marks(tasks.Count, options.Flip);
        var spurious = new WorldRandom(options.Seed, "spurious").Marks(tasks.Count, options.Spurious);
        for (var i = 0; i < tasks.Count; i++)
        {
            var (right, wrong) = (tasks[i].Right(random), tasks[i].Wrong(random));
            var (chosen, rejected) = flipped[i] ? (wrong, right) : (right, wrong);
            var tail = spurious[i] ? Tail : "";
            yield return new WorldPairRow($"pair-{i + 1:d5}", tasks[i].Prompt, $" {chosen}{tail}", " " + rejected, flipped[i]);
        }
    }

    private static IEnumerable<WorldPromptRow> Prompts(WorldOptions options, WorldPools pools) =>
        new WorldRandom(options.Seed, "prompts").Shuffled(pools.Distinct(options.Prompts))
            .Select((task, i) => new WorldPromptRow($"prompt-{i + 1:d5}", task.Prompt));

    private static IEnumerable<WorldEvalRow> Eval(WorldOptions options, WorldPools pools) =>
        new WorldRandom(options.Seed, "eval").Shuffled(pools.HeldOut)
            .Select((task, i) => new WorldEvalRow($"eval-{i + 1:d5}", task.Prompt, task.Check));

    private static void WriteWhole(string path, byte[] bytes)
    {
        var temporary = $"{path}.{Guid.NewGuid():n}.tmp";
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
        DurableFolder.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }
}

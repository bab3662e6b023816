using System.Globalization;
using System.Text.Json;
using Sera.Host.Configuration;
using Sera.Host.Runs;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Data.World;

namespace Sera.Host.Experiments;

/// <summary>Sample worlds that arms run on in place of files: as `sera data make` makes them, in the folder of the experiment.</summary>
internal static class ExperimentWorlds
{
    private const string Remedy = "see sera data make --help";
    private static readonly string[] Files = [RunKeys.Pairs, RunKeys.Prompts, RunKeys.Eval];

    /// <exception cref="InputException">The block holds what is no option of a world.</exception>
    public static WorldOptions Read(HoconBlock block)
    {
        block.RefuseOthersThan("seed", "sft", "pairs", "prompts", "eval", "flip", "spurious", "mistakes", "unevenness");
        var defaults = new WorldOptions(1);
        var options = new WorldOptions(
            (ulong)Count("seed", 1), Count("sft", defaults.Sft), Count("pairs", defaults.Pairs), Count("prompts", defaults.Prompts), Count("eval", defaults.Eval),
            Share("flip", defaults.Flip), Share("spurious", defaults.Spurious), Share("mistakes", defaults.Mistakes), Share("unevenness", defaults.Unevenness));
        return options;

        int Count(string key, int byDefault) => block.Text(key) is not { } text ? byDefault
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0 ? value
            : throw new InputException(block.Where(key), $"{key} is '{text}'", "a whole number >= 1", Remedy);

        double Share(string key, double byDefault) => block.Text(key) is not { } text ? byDefault
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value is >= 0 and <= 1 ? value
            : throw new InputException(block.Where(key), $"{key} is '{text}'", "a share, 0 .. 1", Remedy);
    }

    /// <summary>The arm on its world, whose files it names from now on; itself where it has none. Equal options give equal bytes, so making it again changes nothing.</summary>
    /// <exception cref="InputException">The folder cannot be written.</exception>
    public static Arm Place(Arm arm, ExperimentFolder folder)
    {
        if (arm.World is not { } world) return arm;
        var path = folder.World(Sha256.Of(JsonSerializer.Serialize(world, HostJson.Line))[..12]);
        WorldMaker.Make(world, path);
        var names = new[] { "pairs.jsonl", "prompts.jsonl", "eval.jsonl" };
        var reads = Files.Zip(names).Where(file => file.Item1 != RunKeys.Pairs || arm.Settings.Text(RunKeys.TrainingData) != "prompts");
        return arm with { Settings = reads.Aggregate(arm.Settings, (all, file) => all.With(file.Item1, Path.Combine(path, file.Item2), folder.Path)) };
    }
}

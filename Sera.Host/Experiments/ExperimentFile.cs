using System.Collections.Immutable;
using Akka.Configuration.Hocon;
using Sera.Host.Configuration;
using Sera.Model.Data;

namespace Sera.Host.Experiments;

/// <summary>Reads an experiment file (HOCON). Paths are relative to it. Everything that stands in it is checked before anything runs.</summary>
internal static class ExperimentFile
{
    private const string Root = "experiment";
    private const int LongestName = 32;
    private const string Remedy = "see hocon/experiments/smoke.conf for one that works";

    /// <exception cref="InputException">The file, or a run file it names, holds what may not stand there.</exception>
    public static Experiment Read(string path) => Parse(path, HoconText.Read(path, "an experiment file (HOCON)", Remedy));

    /// <inheritdoc cref="Read"/>
    public static Experiment Parse(string path, string text)
    {
        var outline = HoconOutline.Of(path, text, blocksInLists: true);
        var root = HoconText.Root(path, text, Remedy)?.GetObject()?.Items ?? new Dictionary<string, HoconValue>();
        foreach (var key in root.Keys.Where(key => key != Root))
            throw new InputException(path, outline.LineOf(key), $"unknown key '{key}'", $"one block '{Root}'", "correct or remove it");
        if (!root.TryGetValue(Root, out var value) || !value.IsObject()) throw new InputException(path, "no experiment", $"{Root} {{ ... }}", Remedy);
        return Parse(path, new HoconBlock(path, outline, Root, value));
    }

    private static Experiment Parse(string path, HoconBlock block)
    {
        block.RefuseOthersThan("name", "seeds", "base", "set", "world", "arms", "baseline", "figures");
        var name = block.Text("name")
            ?? throw new InputException(block.Where(""), "no name", "name = a word of its own", "the runs and the folder of the results get it");
        if (name.Length > LongestName || !char.IsAsciiLetterOrDigit(name[0]) || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')))
        {
            throw new InputException(
                block.Where("name"), $"name is '{name}'", $"1 to {LongestName} letters, digits, '-', '_' and '.', the first a letter or a digit",
                "the runs and the folder of the results get this name, so choose a plain one");
        }
        var seeds = Seeds(block);
        var arms = Arms(block, Path.GetDirectoryName(Path.GetFullPath(path))!);
        var baseline = block.Text("baseline");
        if (baseline is not null && arms.All(arm => arm.Name != baseline))
        {
            var nearest = NearestKey.Of(baseline, arms.Select(arm => arm.Name));
            throw new InputException(block.Where("baseline"), $"no arm '{baseline}'", $"the name of an arm; the nearest is '{nearest}'", "correct or remove it");
        }
        return new Experiment(name, path, seeds, arms, baseline, Figures(block));
    }

    private static ImmutableArray<long> Seeds(HoconBlock block)
    {
        var key = RunKeys.Find(RunKeys.Seed)!;
        var seeds = ImmutableArray.CreateBuilder<long>();
        foreach (var written in block.List("seeds"))
        {
            if (key.Read(written, null) is not long seed) throw new InputException(block.Where("seeds"), $"'{written}' as a seed", key.Expected, "correct it");
            if (seeds.Contains(seed))
                throw new InputException(block.Where("seeds"), $"seed {seed} twice", "seeds that differ", "a run that is repeated tells nothing new; remove one");
            seeds.Add(seed);
        }
        return seeds.Count > 0 ? seeds.ToImmutable() : throw new InputException(block.Where("seeds"), "no seeds", "at least one, seeds = [1, 2, 3]", Remedy);
    }

    private static ImmutableArray<Arm> Arms(HoconBlock block, string folder)
    {
        var arms = ImmutableArray.CreateBuilder<Arm>();
        foreach (var each in block.Blocks("arms"))
        {
            each.RefuseOthersThan("name", "base", "set", "world");
            var name = each.Text("name") ?? throw new InputException(each.Where(""), "an arm without a name", "name = what its row is called", "add one");
            // It stands in lines and tables, and before every line of its runs.
            if (name.Any(char.IsControl))
                throw new InputException(each.Where("name"), "a name with control characters or several lines", "a name in one line", "rename it");
            if (arms.Any(arm => arm.Name == name)) throw new InputException(each.Where("name"), $"a second arm '{name}'", "names that differ", "rename one");
            var from = each.Text("base") ?? block.Text("base")
                ?? throw new InputException(each.Where(""), $"no run file for arm '{name}'", "base = a run file, here or for the whole experiment", "add it");
            var overrides = block.Overrides("set", folder).Concat(each.Overrides("set", folder)).Select(set => KeyValuePair.Create(set.Path, set.Setting)).ToList();
            foreach (var (key, setting) in overrides) RefuseOwn(key, setting);
            var world = (each.Block("world") ?? block.Block("world")) is { } made ? ExperimentWorlds.Read(made) : null;
            var settings = RunFile.With(RunFile.Read(Path.GetFullPath(from, folder), []), overrides);
            SettingsReader.HostOptions(settings);
            SettingsReader.RunOptions(settings);
            arms.Add(new Arm(name, settings, world));
        }
        if (arms.Count == 0) throw new InputException(block.Where("arms"), "no arms", "at least one, arms = [ { name = ..., set { ... } } ]", Remedy);
        foreach (var arm in arms) RequireOneProcess(arms[0], arm);
        return arms.ToImmutable();
    }

    /// <summary>What the experiment itself sets.</summary>
    private static void RefuseOwn(string key, RunSettings.Setting setting)
    {
        if (key == RunKeys.Seed)
        {
            throw new InputException(
                setting.Where!, $"{key} among the overrides", "seeds of the whole experiment alone, since arms are compared seed by seed",
                "remove it, and list the seeds in experiment.seeds");
        }
        if (key == RunKeys.Name) throw new InputException(setting.Where!, $"{key} among the overrides", "runs that the experiment names", "remove it");
    }

    /// <summary>libtorch is set up once in a process, and all runs are in this one.</summary>
    private static void RequireOneProcess(Arm first, Arm arm)
    {
        foreach (var key in new[] { RunKeys.Device, RunKeys.Threads })
        {
            if (!arm.Settings[key].Equals(first.Settings[key]))
                throw arm.Settings.Error(key, $"{RunFileText.Write(first.Settings[key])}, as arm '{first.Name}' has", "set it for all arms at once");
        }
    }

    private static ImmutableArray<ResultFigure> Figures(HoconBlock block)
    {
        var names = ResultFigures.All.Select(figure => figure.Name).ToList();
        return
        [
            .. block.List("figures").Distinct().Select(name => ResultFigures.Find(name) ?? throw new InputException(
                block.Where("figures"), $"unknown figure '{name}'", $"one of {string.Join(", ", names)}; the nearest is '{NearestKey.Of(name, names)}'",
                "correct or remove it")),
        ];
    }
}

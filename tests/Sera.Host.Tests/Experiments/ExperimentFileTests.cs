using Sera.Host.Configuration;
using Sera.Host.Experiments;
using Sera.Model.Data;
using Sera.Testing;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Host.Tests.Experiments;

public sealed class ExperimentFileTests : IDisposable
{
    private const string Whole = """
        experiment {
          name = words
          seeds = [3, 1]
          base = base.conf
          set { run.rounds = 2, data.eval = eval.jsonl }
          arms = [
            { name = "one, of two", set { loss.beta = 0.5 } }
            { name = "two", base = "other.conf", set { run.rounds = 4, sera.lora.targets = [q_proj] } },
          ]
          baseline = two
          figures = [loss, answers-right]
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public ExperimentFileTests()
    {
        _folder.File("base.conf", "sera { run { policy = p, seed = 77 }\n data { pairs = d.jsonl }\n loss.beta = 0.3 }\n");
        _folder.File("other.conf", "sera { run { policy = q }\n data { pairs = d.jsonl } }\n");
    }

    public void Dispose() => _folder.Dispose();

    private Experiment Parse(string text) => ExperimentFile.Parse(Path.Combine(_folder.Path, "x.conf"), text);

    private string Error(string text) => Assert.Throws<InputException>(() => Parse(text)).Message;

    [Fact]
    public void Everything_of_a_file_is_read_and_paths_are_relative_to_it()
    {
        var experiment = Parse(Whole);
        Assert.Equal("words", experiment.Name);
        Assert.Equal([3L, 1L], experiment.Seeds.AsEnumerable());
        Assert.Equal(["one, of two", "two"], experiment.Arms.Select(arm => arm.Name));
        Assert.Equal("two", experiment.Baseline);
        Assert.Equal(["loss", "answers-right"], experiment.Figures.Select(figure => figure.Name));
        var (one, two) = (experiment.Arms[0].Settings, experiment.Arms[1].Settings);
        Assert.Equal((2, 4), (one.Whole(RunKeys.Rounds), two.Whole(RunKeys.Rounds)));
        Assert.Equal((0.5, 0.1), (one.Number(RunKeys.LossBeta), two.Number(RunKeys.LossBeta)));
        Assert.Equal(["q_proj"], two.List<string>(RunKeys.LoraTargets).AsEnumerable());
        Assert.Equal(Path.Combine(_folder.Path, "p"), one.Text(RunKeys.Policy));
        Assert.Equal(Path.Combine(_folder.Path, "q"), two.Text(RunKeys.Policy));
        Assert.Equal(Path.Combine(_folder.Path, "eval.jsonl"), two.Text(RunKeys.Eval));
    }

    [Fact]
    public void A_world_is_made_for_the_arms_that_ask_for_one_and_named_by_what_it_is_made_from()
    {
        const string text = "experiment { name = w, seeds = [1], base = base.conf, world { flip = 0.25, pairs = 60, prompts = 30, eval = 30, sft = 30 }\n arms = [ { name = a }, "
            + "{ name = b, world { flip = 0.5, pairs = 60, prompts = 30, eval = 30, sft = 30 } } ] }";
        var folder = new ExperimentFolder(_folder.Path, "w");
        var arms = Parse(text).Arms.Select(arm => ExperimentWorlds.Place(arm, folder)).ToArray();
        double[] flipped = [.. arms.Select(arm => File.ReadLines(arm.Settings.Text(RunKeys.Pairs)).Average(line => line.Contains("\"flipped\":true", StringComparison.Ordinal) ? 1.0 : 0))];
        Assert.Equal([0.25, 0.5], flipped);
        Assert.All(arms, arm => Assert.True(File.Exists(arm.Settings.Text(RunKeys.Prompts)) && File.Exists(arm.Settings.Text(RunKeys.Eval))));
        Assert.Equal(arms[0].Settings.Text(RunKeys.Pairs), ExperimentWorlds.Place(Parse(text).Arms[0], folder).Settings.Text(RunKeys.Pairs));
        var other = Parse(Whole).Arms[0];
        Assert.Same(other, ExperimentWorlds.Place(other, folder));
    }

    [Theory]
    [InlineData("world { flips = 0.2 }", "the nearest is 'flip'")]
    [InlineData("world { flip = 1.2 }", "flip is '1.2'")]
    [InlineData("world { pairs = 0 }", "pairs is '0'")]
    [InlineData("world = small", "a block")]
    public void What_is_no_world_is_refused(string world, string expected) =>
        Assert.Contains(expected, Error($"experiment {{ name = w, seeds = [1], base = base.conf, arms = [ {{ name = a, {world} }} ] }}"));

    [Fact]
    public void A_key_that_another_one_replaces_is_settled_as_set_does_it()
    {
        _folder.File("counted.conf", "sera { run { policy = p }\n data { pairs = d.jsonl }\n selection.keep-pairs = 40 }\n");
        _folder.File("shared.conf", "sera { run { policy = p }\n data { pairs = d.jsonl }\n selection.keep = 0.5 }\n");
        Assert.Contains("sera.selection.keep is 1", Error(One("counted.conf", "selection.keep = 1.0")), StringComparison.Ordinal);
        var settings = Assert.Single(Parse(One("shared.conf", "selection.keep-pairs = 9")).Arms).Settings;
        Assert.Equal((9, 0.7), (settings.Whole(RunKeys.SelectionKeepPairs), settings.Number(RunKeys.SelectionKeep)));

        static string One(string file, string set) => $"experiment {{ name = x, seeds = [1], base = {file}\n arms = [ {{ name = a, set {{ {set} }} }} ] }}";
    }

    [Fact]
    public void Runs_come_seed_by_seed_each_with_a_name_and_a_seed_of_its_own()
    {
        var cells = Parse(Whole).Cells.ToList();
        Assert.Equal(["words-one-of-two-3", "words-two-3", "words-one-of-two-1", "words-two-1"], cells.Select(cell => cell.Name));
        Assert.Equal([3L, 3, 1, 1], cells.Select(cell => cell.Settings.Long(RunKeys.Seed)));
    }

    [Fact]
    public void A_long_name_or_one_without_letters_still_makes_a_name_of_a_run()
    {
        var experiment = Parse(Whole.Replace("words", new string('w', 32), StringComparison.Ordinal).Replace("\"one, of two\"", $"\"{new string('ü', 20)}\"", StringComparison.Ordinal)
            .Replace("name = \"two\"", $"name = \"{new string('l', 99)}\"", StringComparison.Ordinal).Replace("baseline = two", "", StringComparison.Ordinal)
            .Replace("[3, 1]", "[9223372036854775807]", StringComparison.Ordinal));
        Assert.All(experiment.Cells, cell => Assert.True(SettingsReader.HostOptions(cell.Settings).Name.Length <= 64));
        Assert.Equal(2, experiment.Cells.Select(cell => cell.Name).Distinct().Count());
    }

    [Theory]
    [InlineData("seeds = [3, 1]", "sedes = [3, 1]", 3, "unknown key 'sedes'", "the nearest is 'seeds'")]
    [InlineData("base = base.conf", "base = base.conf\n rouds = 3", 5, "unknown key 'rouds'", "a key of experiment")]
    [InlineData("base = \"other.conf\"", "bse = \"other.conf\"", 8, "unknown key 'bse'", "the nearest is 'base'")]
    [InlineData("loss.beta = 0.5", "loss.betta = 0.5", 7, "unknown key 'sera.loss.betta'", "the nearest is 'sera.loss.beta'")]
    [InlineData("run.rounds = 2", "run.rouds = 2", 5, "unknown key 'sera.run.rouds'", "the nearest is 'sera.run.rounds'")]
    [InlineData("run.rounds = 4", "run.rounds = four", 8, "sera.run.rounds is 'four'", "a whole number")]
    [InlineData("run.rounds = 4", "run.rounds = 400", 8, "sera.run.rounds is '400'", "1 .. 100")]
    [InlineData("loss.beta = 0.5", "run.seed = 5", 7, "sera.run.seed among the overrides", "seeds")]
    [InlineData("run.rounds = 2,", "run { seed = 5 }\n", 5, "sera.run.seed among the overrides", "seeds")]
    [InlineData("loss.beta = 0.5", "run.name = x", 7, "sera.run.name among the overrides", "names")]
    [InlineData("[3, 1]", "[]", 3, "no seeds", "at least one")]
    [InlineData("[3, 1]", "[3, 3]", 3, "seed 3 twice", "differ")]
    [InlineData("[3, 1]", "[3, -1]", 3, "'-1' as a seed", "from 0 to")]
    [InlineData("[3, 1]", "3", 3, "experiment.seeds is something else", "a list")]
    [InlineData("\"two\"", "\"one, of two\"", 8, "a second arm 'one, of two'", "differ")]
    [InlineData("name = \"two\", ", "", 8, "an arm without a name", "name =")]
    [InlineData("\"two\"", "\"t\\nwo\"", 8, "control characters", "in one line")]
    [InlineData("baseline = two", "baseline = tow", 10, "no arm 'tow'", "the nearest is 'two'")]
    [InlineData("answers-right]", "answer-right]", 11, "unknown figure 'answer-right'", "the nearest is 'answers-right'")]
    [InlineData("name = words", "name = \"a b\"", 2, "name is 'a b'", "the first a letter or a digit")]
    [InlineData("name = words", "", 1, "no name", "name =")]
    [InlineData("base = base.conf", "", 7, "no run file for arm 'one, of two'", "base =")]
    [InlineData("run.rounds = 4", "compute.threads = 7", 8, "sera.compute.threads is 7", "0, as arm 'one, of two' has")]
    [InlineData("set { loss.beta = 0.5 }", "set = 5", 7, "set is something else", "a block of keys")]
    [InlineData("[q_proj] } },", "[q_proj] }", 9, "']'", "key = value")]
    public void What_may_not_stand_there_is_refused_with_its_line(string written, string instead, int line, string found, string expected)
    {
        Assert.Contains(written, Whole);
        var error = Error(Whole.Replace(written, instead, StringComparison.Ordinal));
        Assert.StartsWith($"{Path.Combine(_folder.Path, "x.conf")}:{line}: ", error);
        Assert.Contains(found, error);
        Assert.Contains(expected, error);
        Assert.DoesNotContain('\n', error);
    }

    [Fact]
    public void An_experiment_without_arms_is_refused()
    {
        Assert.Contains("no arms", Error("experiment { name = x, seeds = [1] }"));
        Assert.Contains("x.conf:1: no arms", Error("experiment { name = x, seeds = [1], arms = [] }"));
        Assert.Contains("no experiment", Error(""));
        Assert.Contains("x.conf:2: unknown key 'expriment'", Error("\nexpriment { }"));
    }

    [Fact]
    public void An_error_in_a_run_file_names_that_file()
    {
        _folder.File("other.conf", "sera.run.policy = q\nsera.data.paris = d\n");
        Assert.StartsWith($"{Path.Combine(_folder.Path, "other.conf")}:2: unknown key 'sera.data.paris'", Error(Whole));
        Assert.Contains("none.conf: there is no such file", Error(Whole.Replace("other.conf", "none.conf", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("smoke", 4)]
    [InlineData("noise", 35)]
    public void The_files_that_are_shipped_can_be_read(string name, int runs)
    {
        var path = Path.Combine(SeraProcess.Repository, "hocon", "experiments", name + ".conf");
        Assert.Equal(runs, ExperimentFile.Read(path).Cells.Select(cell => RunFileText.Write(cell.Settings)).Distinct().Count());
    }
}

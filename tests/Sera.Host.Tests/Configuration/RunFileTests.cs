using Sera.Host.Configuration;
using Sera.Model.Alignment;
using Sera.Model.Alignment.Losses;
using Sera.Model.Data;
using Xunit;

namespace Sera.Host.Tests.Configuration;

public sealed class RunFileTests
{
    private const string Valid = "sera { run { policy = p }\n data { pairs = d.jsonl } }\n";

    private static RunSettings Parse(string text, params string[] sets) => RunFile.Parse("/folder/x.conf", text, sets);

    private static string Error(string text, params string[] sets) => Assert.Throws<InputException>(() => Parse(text, sets)).Message;

    [Fact]
    public void The_table_of_keys_and_the_reference_name_the_same_keys_in_the_same_order()
    {
        var outline = HoconOutline.Of("reference", RunFile.ReferenceText());
        var lines = RunKeys.All.Select(key => outline.LineOf(key.Path)).ToList();
        Assert.Equal(lines.Order(), lines);
        var empty = Parse("");
        Assert.All(RunKeys.All, key => Assert.NotNull(empty[key.Path]));
        Assert.Equal(RunKeys.All.Length, RunKeys.All.Select(key => key.Path).Distinct().Count());
    }

    [Fact]
    public void The_defaults_are_those_of_the_reference()
    {
        var options = SettingsReader.RunOptions(Parse(Valid));
        Assert.Equal(1UL, options.Seed);
        Assert.Equal(3, options.Rounds);
        Assert.Equal(new LossOptions("dpo", 0.1, 0.5), options.Loss);
        Assert.Equal(PolicyChoice.Previous, options.Policies.Init);
        Assert.Equal(PolicyChoice.Sft, options.Policies.TrainReference);
        Assert.Equal(5e-5, options.Training.LearningRate);
        Assert.Equal(16, options.Training.Lora!.Rank);
        Assert.Equal(["all-linear"], options.Training.Lora.Targets);
        Assert.Empty(options.Sampling.StopTokens);
        Assert.Equal((new SelectionOptions(0.7, 0.3), new BootstrapOptions(0.3, 4, false)), (options.Selection, options.Bootstrap));
        Assert.Equal(TrainingData.Union, options.TrainingData);
    }

    [Theory]
    [InlineData("sera.run.sead = 3", 1, "unknown key 'sera.run.sead'", "'sera.run.seed'")]
    [InlineData("sera {\n loss {\n betta = 1\n }\n}", 3, "unknown key 'sera.loss.betta'", "'sera.loss.beta'")]
    [InlineData("sera {\n training { rounds = 2 }\n}", 2, "unknown key 'sera.training.rounds'", "'sera.run.rounds'")]
    [InlineData("\nloss.beta = 1", 2, "unknown key 'loss.beta'", "'sera.loss.beta'")]
    public void An_unknown_key_names_its_line_and_the_nearest_key(string text, int line, string found, string nearest)
    {
        var error = Error(text);
        Assert.StartsWith($"/folder/x.conf:{line}: {found}; ", error);
        Assert.Contains(nearest, error);
    }

    [Theory]
    [InlineData("sera.run.rounds = three", "sera.run.rounds is 'three'", "a whole number")]
    [InlineData("sera.run.rounds = 2.5", "sera.run.rounds is '2.5'", "a whole number")]
    [InlineData("sera.run.seed = -1", "sera.run.seed is '-1'", "from 0 to 9223372036854775807")]
    [InlineData("sera.loss.beta = NaN", "sera.loss.beta is 'NaN'", "a number")]
    [InlineData("sera.loss.divergence = kl", "sera.loss.divergence is 'kl'", "reverse-kl or forward-kl or js or alpha")]
    [InlineData("sera.loss.label-smoothing = some", "sera.loss.label-smoothing is 'some'", "0 .. 0.5, exclusive, or \"\" for the default of the loss")]
    [InlineData("sera.data.append-eos = 1", "sera.data.append-eos is '1'", "true or false")]
    [InlineData("sera.data.held-out = 0.6", "sera.data.held-out is '0.6'", "a number from 0 to 0.5")]
    [InlineData("sera.lora.targets = q_proj", "sera.lora.targets is 'q_proj'", "a list of projection names")]
    [InlineData("sera.sampling.stop-tokens = [1, x]", "sera.sampling.stop-tokens is '[1, x]'", "a list of token ids")]
    [InlineData("sera.run.name = [a]", "sera.run.name is '[a]'", "a text")]
    [InlineData("sera.compute.workers.score = 0", "sera.compute.workers.score is '0'", "a whole number from 1 to 64")]
    [InlineData("sera.loss = 3", "'sera.loss' is a block of keys", "{ ... }")]
    [InlineData("sera.loss.beta { x = 1 }", "sera.loss.beta is", "a number")]
    public void A_value_that_is_not_allowed_names_line_value_and_what_is_expected(string text, string found, string expected)
    {
        var error = Error("# a comment\n" + text);
        Assert.StartsWith("/folder/x.conf:2: " + found, error);
        Assert.Contains(expected, error);
        Assert.DoesNotContain('\n', error);
    }

    [Fact]
    public void Of_several_errors_the_first_line_is_told() => Assert.StartsWith("/folder/x.conf:1: ", Error("sera.run.zzz = 1\nsera.run.rounds = x"));

    [Fact]
    public void Set_overrides_the_file_with_and_without_the_prefix()
    {
        var settings = Parse("sera.run.rounds = 2\n" + Valid, "run.rounds=5", "sera.loss.beta = 0.3", "lora.targets=[q_proj, v_proj]", "run.name=x=y");
        Assert.Equal(5, settings.Whole(RunKeys.Rounds));
        Assert.Equal(0.3, settings.Number(RunKeys.LossBeta));
        Assert.Equal(["q_proj", "v_proj"], settings.List<string>(RunKeys.LoraTargets).AsEnumerable());
        Assert.Equal("x=y", settings.Text(RunKeys.Name));
    }

    [Theory]
    [InlineData("run.rouds=5", "--set run.rouds=5: unknown key 'sera.run.rouds'", "'sera.run.rounds'")]
    [InlineData("loss.beta=big", "--set loss.beta=big: sera.loss.beta is 'big'", "a number")]
    [InlineData("reward.source=explicit", "--set reward.source=explicit: sera.reward.source is 'explicit'", "implicit, or model: and the folder")]
    [InlineData("reward.source=model:", "--set reward.source=model:: sera.reward.source is 'model:'", "implicit, or model: and the folder")]
    [InlineData("loss.beta", "--set loss.beta: no key and value", "key=value")]
    public void Set_is_checked_like_the_file(string set, string start, string expected)
    {
        var error = Error(Valid, set);
        Assert.StartsWith(start, error);
        Assert.Contains(expected, error);
    }

    [Fact]
    public void Paths_in_the_file_are_relative_to_it_and_in_set_to_the_current_folder()
    {
        var host = SettingsReader.HostOptions(Parse("sera.run.policy = ../policies/p\nsera.data.pairs = \"d.jsonl\"", "data.eval=e.jsonl"));
        Assert.Equal(Path.GetFullPath("/policies/p"), host.PolicyFolder);
        Assert.Equal(Path.GetFullPath("/folder/d.jsonl"), host.Data.Pairs);
        Assert.Equal(Path.GetFullPath("e.jsonl"), host.Data.Eval);
        Assert.Empty(host.Data.Prompts);
        Assert.Null(host.RewardFolder);
        var explicitly = Parse("sera { run.policy = p, data.pairs = d, reward.source = \"model:../rewards/m\" }");
        Assert.Equal(Path.GetFullPath("/rewards/m"), SettingsReader.HostOptions(explicitly).RewardFolder);
        Assert.Equal("model:" + Path.GetFullPath("/rewards/m"), RunFile.Parse("/elsewhere/run.conf", RunFileText.Write(explicitly), []).Text(RunKeys.RewardSource));
    }

    [Fact]
    public void A_required_key_that_stands_nowhere_is_placed_in_the_file()
    {
        var error = Assert.Throws<InputException>(() => SettingsReader.HostOptions(Parse("sera.data.pairs = x"))).Message;
        Assert.StartsWith("/folder/x.conf: sera.run.policy is \"\"; expected the folder of the starting policy", error);
    }

    [Fact]
    public void The_resolved_file_gives_the_same_settings_and_the_same_text_again()
    {
        var settings = Parse(Valid, "run.name=my-run", "training.learning-rate=3e-4", "sampling.stop-tokens=[1, 2]", "data.too-long=refuse", "data.eval=a \"b\" \\c.jsonl");
        var text = RunFileText.Write(settings);
        var again = RunFile.Parse("/elsewhere/run.conf", text, []);
        Assert.Equal(text, RunFileText.Write(again));
        Assert.Equal(SettingsReader.HostOptions(settings), SettingsReader.HostOptions(again));
        Assert.Equal([1, 2], again.List<int>(RunKeys.SamplingStopTokens).AsEnumerable());
    }

    [Theory]
    [InlineData("loss.name=ppo", "sera.loss.name is 'ppo'", "dpo | ipo")]
    [InlineData("loss.label-smoothing=0.1", "sera.loss.label-smoothing is '0.1'", "nothing with dpo")]
    [InlineData("loss.name=robust;loss.label-smoothing=0.5", "sera.loss.label-smoothing is '0.5'", "0 .. 0.5, exclusive")]
    [InlineData("loss.name=exo;loss.label-smoothing=0", "sera.loss.label-smoothing is '0'", "a number > 0 with exo")]
    [InlineData("loss.name=simpo;loss.divergence=js", "sera.loss.divergence is 'js'", "reverse-kl with simpo")]
    [InlineData("loss.name=h-dpo + spa;loss.alpha=0.5", "sera.loss.alpha is '0.5'", "take it for different things")]
    [InlineData("loss.name=spa;loss.alpha=1.5", "sera.loss.alpha is '1.5'", "at most 1 with spa")]
    [InlineData("loss.name=cream;training.data=offline", "sera.loss.name is 'cream'", "bootstraps no pairs")]
    [InlineData("loss.name=up-mult;run.rounds=2", "sera.loss.name is 'up-mult'", "fewer than 3 rounds")]
    [InlineData("loss.consistency=spearman", "sera.loss.consistency is 'spearman'", "nothing with dpo")]
    [InlineData("loss.name=sr-dpo", "sera.loss.refinement-prompt is '\"\"'", "a text that asks for a good answer")]
    [InlineData("loss.refinement-prompt=well", "sera.loss.refinement-prompt is 'well'", "which reads none")]
    [InlineData("loss.name=sr-ipo;loss.refinement-prompt=well;run.rounds=1", "sera.loss.name is 'sr-ipo'", "nothing to refine")]
    [InlineData("loss.name=sr-ipo;loss.refinement-prompt=well;policies.train-reference=previous", "sera.policies.train-reference is 'previous'", "sft with sr-ipo")]
    [InlineData("loss.ld-alpha=0.5", "sera.loss.ld-alpha is '0.5'", "does not read it")]
    [InlineData("loss.token-weights=ld;loss.bmc-cap=2", "sera.loss.bmc-cap is '2'", "and ld weights")]
    [InlineData("loss.name=aot;loss.token-weights=ld", "sera.loss.token-weights is 'ld'", "none with aot")]
    [InlineData("loss.prior=cosine", "sera.loss.prior is 'cosine'", "length with dpo, which reads no similarity")]
    [InlineData("loss.name=cream;reward.source=model:m", "sera.reward.source is 'model'", "compares the implicit rewards of two rounds")]
    [InlineData("loss.name=aot;training.distribute=true", "sera.training.distribute is 'true'", "false with aot")]
    public void An_option_that_the_loss_cannot_take_is_refused(string set, string found, string expected)
    {
        var error = Assert.Throws<InputException>(() => SettingsReader.RunOptions(Parse(Valid, set.Split(';')))).Message;
        Assert.Contains(found, error, StringComparison.Ordinal);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_loss_reads_reaches_it()
    {
        var loss = SettingsReader.RunOptions(Parse(Valid, "loss.name=0.8 dpo + 0.2 bco + sft", "loss.offset=0.3", "loss.divergence=alpha", "loss.divergence-alpha=0.4")).Loss;
        Assert.Equal((0.3, 0.4, "alpha"), (loss.Parameter(LossParameter.Offset), loss.Parameter(LossParameter.DivergenceCoefficient), loss.Divergence));
        Assert.Null(loss.Parameter(LossParameter.Smoothing));
        var cream = SettingsReader.RunOptions(Parse(Valid, "loss.name=cream", "loss.consistency=top-order", "loss.average-consistency=true")).Loss;
        Assert.Equal(("top-order", true), (cream.Consistency, cream.AverageConsistency));
    }

    [Fact]
    public void A_calibration_is_an_option_where_one_is_named_and_its_range_is_checked()
    {
        Assert.Null(SettingsReader.RunOptions(Parse(Valid, "bootstrap.calibration-fraction=0.25")).Bootstrap.Calibration);
        Assert.Equal(new CalibrationOptions("dice", 0.5, 1), SettingsReader.RunOptions(Parse(Valid, "bootstrap.calibration=dice")).Bootstrap.Calibration);
        var set = SettingsReader.RunOptions(Parse(Valid, "bootstrap.calibration=lowess", "bootstrap.calibration-fraction=0.25", "bootstrap.calibration-weight=0.75"));
        Assert.Equal(new CalibrationOptions("lowess", 0.25, 0.75), set.Bootstrap.Calibration);
        Assert.Contains("expected none or dice or lowess", Error(Valid, "bootstrap.calibration=loess"));
        var error = Assert.Throws<InputException>(() => SettingsReader.RunOptions(Parse("sera.bootstrap { calibration = lowess\n calibration-fraction = 0 }\n" + Valid))).Message;
        Assert.StartsWith("/folder/x.conf:2: sera.bootstrap.calibration-fraction is '0'; expected (0, 1]", error);
    }

    [Fact]
    public void The_calibrations_of_a_run_file_are_those_there_are() =>
        Assert.Equal(RewardCalibrations.Names, string.Join(" | ", RunKeys.Find(RunKeys.BootstrapCalibration)!.Choices));

    [Fact]
    public void Full_training_has_no_adapter() => Assert.Null(SettingsReader.RunOptions(Parse(Valid, "training.mode=full")).Training.Lora);
}

using Sera.Host.Configuration;
using Sera.Model.Alignment;
using Sera.Model.Data;
using Xunit;

namespace Sera.Host.Tests.Configuration;

/// <summary>The keys that decide which pairs a round trains on, from the run file to the options.</summary>
public sealed class SelectionKeysTests
{
    private const string Valid = "sera { run { policy = p }\n data { pairs = d.jsonl } }\n";

    private static RunSettings Parse(string text, params string[] sets) => RunFile.Parse("/folder/x.conf", Valid + text, sets);

    private static RunOptions Options(string text, params string[] sets) => SettingsReader.RunOptions(Parse(text, sets));

    private static string Error(string text, params string[] sets) => Assert.Throws<InputException>(() => Options(text, sets)).Message;

    [Fact]
    public void Every_key_reaches_the_options()
    {
        var options = Options(
            "sera.selection { keep-pairs = 40, rule = random, ensemble = 0.5 }\nsera.bootstrap { keep-pairs = 9, pair-rule = best-second }\n"
            + "sera.training.data = on-policy");
        Assert.Equal(new SelectionOptions(0.7, 0.5, 40, "random"), options.Selection);
        Assert.Equal(new BootstrapOptions(0.3, 4, false, 9, "best-second"), options.Bootstrap);
        Assert.Equal(TrainingData.OnPolicy, options.TrainingData);
        Assert.Equal(TrainingData.Offline, Options("sera.training.data = offline").TrainingData);
        var replay = Options("sera.training { data = replay, replay-share = 0.25 }");
        Assert.Equal((TrainingData.Replay, 0.25), (replay.TrainingData, replay.ReplayShare));
        Assert.Null(Options("sera.training.data = replay").ReplayShare);
        Assert.Equal(
            new SelectionOptions(0.7, 0.3, Rule: "threshold", Threshold: -0.5), Options("sera.selection { rule = threshold, threshold = -0.5 }").Selection);
    }

    [Fact]
    public void From_prompts_alone_a_run_names_prompts_and_no_pairs()
    {
        const string text = "sera { run.policy = p, training.data = prompts, policies.score-base = b";
        Assert.Contains(
            "sera.data.pairs is \"/folder/d.jsonl\"; expected nothing with training.data = prompts",
            Assert.Throws<InputException>(() => SettingsReader.HostOptions(Parse(text + " }"))).Message, StringComparison.Ordinal);
        Assert.Contains(
            "sera.data.prompts is \"\"", Assert.Throws<InputException>(() => SettingsReader.HostOptions(RunFile.Parse("/folder/x.conf", text + " }", []))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "sera.data.labels is \"/folder/l\"; expected nothing with training.data = prompts",
            Assert.Throws<InputException>(() => SettingsReader.HostOptions(RunFile.Parse("/folder/x.conf", text + ", data.prompts = q, data.labels = l }", []))).Message,
            StringComparison.Ordinal);
        var settings = RunFile.Parse("/folder/x.conf", text + ", data.prompts = q }", []);
        var host = SettingsReader.HostOptions(settings);
        Assert.Equal(("", "/folder/q", "/folder/b"), (host.Data.Pairs, host.Data.Prompts, host.BaseFolder));
        Assert.Equal(TrainingData.Prompts, SettingsReader.RunOptions(settings).TrainingData);
    }

    [Fact]
    public void A_reference_follows_where_steps_are_given()
    {
        Assert.Null(Options("sera.policies.reference-mix = 0.5").Policies.Sync);
        Assert.Equal(new ReferenceSyncOptions(8, 0.6), Options("sera.policies.reference-sync-steps = 8").Policies.Sync);
        Assert.Equal(new ReferenceSyncOptions(8, 1), Options("sera.policies { reference-sync-steps = 8, reference-mix = 1 }").Policies.Sync);
        Assert.Contains(
            "sera.policies.reference-sync-steps is '8'; expected 0 with simpo, which reads no reference",
            Error("sera.loss.name = simpo\nsera.policies.reference-sync-steps = 8"), StringComparison.Ordinal);
    }

    [Fact]
    public void Segments_are_a_source_of_pairs()
    {
        Assert.Equal(new BootstrapOptions(0.3, 4, false, Segments: new SegmentOptions(256)), Options("sera.bootstrap.source = segments").Bootstrap);
        Assert.Equal(new SegmentOptions(9), Options("sera.bootstrap { source = segments, segment-tokens = 9 }").Bootstrap.Segments);
        Assert.Null(Options("sera.bootstrap { source = responses, segment-tokens = 9 }").Bootstrap.Segments);
    }

    /// <summary>Work ids and journals of runs that use no choice must not change by the choice being there.</summary>
    [Fact]
    public void Naming_a_default_is_naming_nothing()
    {
        var options = Options(
            "sera.selection { keep = 0.7, keep-pairs = 0, rule = top, threshold = \"\" }\nsera.bootstrap { keep-pairs = 0, pair-rule = best-worst }\n"
            + "sera.training.data = union");
        Assert.Equal((new SelectionOptions(0.7, 0.3), new BootstrapOptions(0.3, 4, false)), (options.Selection, options.Bootstrap));
        Assert.Equal(TrainingData.Union, options.TrainingData);
    }

    [Theory]
    [InlineData("sera.selection { keep = 0.5\n keep-pairs = 9 }", "3: sera.selection.keep is 0.5; expected only one of it and sera.selection.keep-pairs = 9")]
    [InlineData("sera.bootstrap { keep-pairs = 9\n keep = 0 }", "4: sera.bootstrap.keep is 0; expected only one of it and sera.bootstrap.keep-pairs = 9")]
    [InlineData(
        "sera.selection { keep = 0.5, rule = threshold, threshold = 0 }",
        "3: sera.selection.keep is 0.5; expected only one of it and sera.selection.rule = threshold")]
    [InlineData("sera.selection { keep-pairs = 5, rule = threshold, threshold = 0 }", "3: sera.selection.keep-pairs is '5'; expected 0 with")]
    [InlineData("sera.selection.rule = threshold", "sera.selection.threshold is 'not given'; expected a number, which selection.rule = threshold needs")]
    [InlineData("sera.selection.threshold = 0.5", "3: sera.selection.threshold is '0.5'; expected none with selection.rule = top")]
    [InlineData("sera.selection { rule = bottom\n threshold = 0 }", "4: sera.selection.threshold is '0'; expected none with selection.rule = bottom")]
    [InlineData("sera.selection.threshold = high", "3: sera.selection.threshold is 'high'; expected a number")]
    [InlineData("sera.selection.threshold = NaN", "3: sera.selection.threshold is 'NaN'; expected a number")]
    [InlineData("sera.selection.rule = best", "3: sera.selection.rule is 'best'; expected top or random or bottom or threshold")]
    [InlineData("sera.selection.keep-pairs = -1", "3: sera.selection.keep-pairs is '-1'; expected a whole number >= 1")]
    [InlineData("sera.bootstrap.keep-pairs = 0.5", "3: sera.bootstrap.keep-pairs is '0.5'; expected a whole number")]
    [InlineData("sera.bootstrap.pair-rule = worst", "3: sera.bootstrap.pair-rule is 'worst'; expected best-worst or best-random or best-second")]
    [InlineData("sera.training.data = both", "3: sera.training.data is 'both'; expected union or offline or on-policy or replay or prompts")]
    [InlineData("sera.training.data = prompts", "sera.policies.score-base is \"\"; expected the folder of the policy that run.policy was trained from")]
    [InlineData("sera.training.replay-share = 0.5", "3: sera.training.replay-share is '0.5'; expected nothing unless training.data = replay")]
    [InlineData("sera.training.reward-prefix = good", "3: sera.training.reward-prefix is 'good'; expected a text with {score} where the score stands")]
    [InlineData("sera.training.reward-prefix = \"{score}\"\nsera.run.rounds = 1", "3: sera.training.reward-prefix is '{score}'; expected \"\" in a run of one round")]
    [InlineData("sera.training.reward-prefix = \"{score}\"\nsera.loss.name = selm", "expected \"\" with selm, which reads more of a pair than its log-probabilities")]
    [InlineData("sera.training.reward-prefix = \"{score}\"\nsera.loss.name = cream", "expected \"\" with cream, which reads more")]
    [InlineData("sera.training.reward-prefix = \"{score}\"\nsera.loss.token-weights = ld", "expected \"\" with dpo and loss.token-weights = ld, which reads more")]
    [InlineData("sera.bootstrap.source = parts", "3: sera.bootstrap.source is 'parts'; expected responses or segments")]
    [InlineData("sera.bootstrap { source = segments\n segment-tokens = 0 }", "4: sera.bootstrap.segment-tokens is '0'; expected a whole number >= 1")]
    [InlineData(
        "sera.bootstrap { source = segments\n pair-rule = best-random }",
        "4: sera.bootstrap.pair-rule is 'best-random'; expected best-worst with bootstrap.source = segments, whose pairs are given")]
    [InlineData("sera.loss.name = selm\nsera.bootstrap.keep = 0", "3: sera.loss.name is 'selm'; expected another loss in a run that bootstraps no pairs")]
    [InlineData("sera.bootstrap.source = segments\nsera.training.data = prompts", "3: sera.bootstrap.source is 'segments'; expected responses with training.data = prompts")]
    [InlineData("sera.reward.source = \"model:r\"\nsera.run.rounds = 1", "3: sera.reward.source is 'model'; expected implicit in a run of one round")]
    [InlineData("sera.loss { name = sr-dpo, refinement-prompt = well\n token-weights = ld }", "4: sera.loss.token-weights is 'ld'; expected none with sr-dpo")]
    [InlineData("sera.loss { name = \"0.5 simpo + 0.5 spa\"\n moving-threshold = true }", "4: sera.loss.moving-threshold is 'true'; expected false with 0.5 simpo + 0.5 spa")]
    [InlineData(
        "sera.training.data = on-policy\nsera.bootstrap.keep = 0", "3: sera.training.data is 'on-policy'; expected union or offline where bootstrap.keep = 0")]
    public void What_contradicts_or_has_no_effect_is_refused_in_one_line(string text, string expected)
    {
        var error = Error(text);
        Assert.StartsWith("/folder/x.conf:", error);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error);
    }

    [Fact]
    public void What_a_switched_off_part_does_not_read_is_harmless()
    {
        Assert.Equal("best-second", Options("sera.bootstrap { keep = 0, pair-rule = best-second }").Bootstrap.PairRule);
        Assert.Equal(TrainingData.Offline, Options("sera.training.data = offline\nsera.bootstrap.keep = 0.5").TrainingData);
        Assert.Equal("bottom", Options("sera.training.data = on-policy\nsera.selection.rule = bottom").Selection.Rule);
    }

    [Fact]
    public void A_set_option_replaces_what_the_file_says()
    {
        Assert.Equal(new SelectionOptions(0.7, 0.3, 9), Options("sera.selection.keep = 0.2", "selection.keep-pairs=9").Selection);
        Assert.Equal(
            new SelectionOptions(0.7, 0.3, Rule: "threshold", Threshold: 1),
            Options("sera.selection.keep = 0.2", "selection.rule=threshold", "selection.threshold=1").Selection);
        Assert.Equal(
            new SelectionOptions(0.7, 0.3), Options("sera.selection { rule = threshold, threshold = 1 }", "selection.rule=top", "selection.threshold=\"\"").Selection);
        Assert.Contains("--set selection.keep=0.2: ", Error("sera.selection.keep-pairs = 9", "selection.keep=0.2"), StringComparison.Ordinal);
        Assert.Contains("--set selection.keep=0.2: ", Error("", "selection.keep-pairs=9", "selection.keep=0.2"), StringComparison.Ordinal);
        Assert.Equal(0.2, Options("sera.selection.keep-pairs = 9", "selection.keep=0.2", "selection.keep-pairs=0").Selection.Keep);
    }

    [Theory]
    [InlineData("sera.selection.keep = 0.2", "selection.keep-pairs=9")]
    [InlineData("", "bootstrap.keep-pairs=9")]
    [InlineData("sera.selection { keep = 0.2, threshold = 0.1 }", "selection.rule=threshold")]
    public void The_resolved_file_leaves_out_what_is_replaced_and_reads_the_same(string text, string set)
    {
        var settings = Parse(text, set);
        var written = RunFileText.Write(settings);
        var again = RunFile.Parse("/elsewhere/run.conf", written, []);
        Assert.Equal(written, RunFileText.Write(again));
        var (one, other) = (SettingsReader.RunOptions(settings), SettingsReader.RunOptions(again));
        Assert.Equal((one.Selection, one.Bootstrap, one.TrainingData), (other.Selection, other.Bootstrap, other.TrainingData));
    }
}

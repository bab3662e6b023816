using System.Text.Json;
using CsCheck;
using Sera.Model.Data;
using Sera.Model.Data.World;
using Sera.Model.Evaluation;
using Xunit;

namespace Sera.Model.Tests.Data;

public sealed class WorldTests : IDisposable
{
    private static readonly WorldOptions Small = new(Seed: 7, Sft: 600, Pairs: 600, Prompts: 240, Eval: 120);

    private readonly string _folder = Directory.CreateTempSubdirectory("sera-world-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_right_answer_passes_its_check_and_every_wrong_one_fails()
    {
        var tasks = WorldKinds.All.SelectMany(kind => kind.Forms()).SelectMany(form => form.Tasks).ToList();
        Gen.ULong.Sample(
            seed =>
            {
                var random = new WorldRandom(seed, "test");
                foreach (var task in tasks)
                {
                    Assert.True(AnswerJudge.IsRight(task.Check, " " + task.Right(random)), task.Instruction);
                    Assert.False(AnswerJudge.IsRight(task.Check, " " + task.Right(random) + WorldMaker.Tail), task.Instruction);
                    Assert.False(AnswerJudge.IsRight(task.Check, " " + task.Wrong(random)), task.Instruction);
                }
            },
            iter: 5);
    }

    [Fact]
    public void Every_kind_has_as_many_weak_forms_as_strong_ones_and_over_three_thousand_prompts_differ()
    {
        foreach (var kind in WorldKinds.All) Assert.Equal(kind.Forms().Count(form => form.Weak), kind.Forms().Count(form => !form.Weak));
        var prompts = WorldKinds.All.SelectMany(kind => kind.Forms()).SelectMany(form => form.Tasks).Select(task => task.Prompt).ToList();
        Assert.True(prompts.Count > 3000);
        Assert.Equal(prompts.Count, prompts.Distinct().Count());
    }

    [Fact]
    public void Texts_are_short_ASCII_and_responses_continue_the_prompt()
    {
        WorldMaker.Make(Small, _folder);
        foreach (var (prompt, response) in Read("sft.jsonl").Select(row => (Text(row, "prompt"), Text(row, "response"))))
        {
            Assert.StartsWith("Q: ", prompt, StringComparison.Ordinal);
            Assert.EndsWith("\nA:", prompt, StringComparison.Ordinal);
            Assert.Matches("^ [!-~]", response);
            Assert.True(System.Text.Ascii.IsValid(prompt + response));
            Assert.InRange((prompt + response).Length, 1, 90);
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_seed_others()
    {
        var first = WorldMaker.Make(Small, Path.Combine(_folder, "a"));
        var second = WorldMaker.Make(Small, Path.Combine(_folder, "b"));
        var other = WorldMaker.Make(Small with { Seed = 8 }, Path.Combine(_folder, "c"));
        Assert.Equal(first.Select(file => file.Sha256), second.Select(file => file.Sha256));
        Assert.Empty(first.Select(file => file.Sha256).Intersect(other.Select(file => file.Sha256)));
        Assert.Equal(4, Directory.GetFiles(Path.Combine(_folder, "a")).Length);
    }

    [Fact]
    public void Evaluation_prompts_stand_in_no_other_file_and_no_two_are_equal()
    {
        WorldMaker.Make(Small, _folder);
        var eval = Read("eval.jsonl").Select(row => Text(row, "prompt")).ToList();
        Assert.Equal(120, eval.Distinct().Count());
        foreach (var name in (string[])["sft.jsonl", "pairs.jsonl", "prompts.jsonl"])
            Assert.Empty(Read(name).Select(row => Text(row, "prompt")).Intersect(eval));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.2, 120)]
    [InlineData(1, 600)]
    public void As_many_pairs_are_flipped_as_asked_and_the_column_says_which(double flip, int expected)
    {
        WorldMaker.Make(Small with { Flip = flip }, _folder);
        var checks = Checks();
        var flipped = 0;
        foreach (var row in Read("pairs.jsonl"))
        {
            var isFlipped = row.GetProperty("flipped").GetBoolean();
            Assert.Equal(!isFlipped, AnswerJudge.IsRight(checks[Text(row, "prompt")], Text(row, "chosen")));
            Assert.Equal(isFlipped, AnswerJudge.IsRight(checks[Text(row, "prompt")], Text(row, "rejected")));
            flipped += isFlipped ? 1 : 0;
        }
        Assert.Equal(expected, flipped);
    }

    [Fact]
    public void As_many_chosen_responses_carry_the_tail_as_asked()
    {
        WorldMaker.Make(Small with { Flip = 0.25, Spurious = 0.3 }, _folder);
        var rows = Read("pairs.jsonl");
        Assert.Equal(180, rows.Count(row => Text(row, "chosen").EndsWith(WorldMaker.Tail, StringComparison.Ordinal)));
        Assert.DoesNotContain(rows, row => Text(row, "rejected").Contains(WorldMaker.Tail, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.5, 300)]
    [InlineData(0.3, 180)]
    [InlineData(1, 600)]
    public void As_many_warm_start_responses_are_wrong_as_asked(double mistakes, int expected)
    {
        WorldMaker.Make(Small with { Mistakes = mistakes }, _folder);
        var checks = Checks();
        Assert.Equal(expected, Read("sft.jsonl").Count(row => !AnswerJudge.IsRight(checks[Text(row, "prompt")], Text(row, "response"))));
    }

    [Fact]
    public void The_files_are_read_whole_and_inspection_finds_the_knobs_again()
    {
        WorldMaker.Make(Small with { Flip = 0.2, Spurious = 0.5 }, _folder);
        string At(string name) => Path.Combine(_folder, name);
        var prepared = DataPreparation.Prepare(new DataOptions(At("pairs.jsonl"), At("prompts.jsonl"), At("eval.jsonl")), 1, new ByteTokenizer(), 128, 259);
        Assert.Equal(600, prepared.Train.Length + prepared.HeldOut.Length);
        Assert.Equal((120, 0), (prepared.Eval.Length, prepared.EvalSeen));
        Assert.Equal([BadRowReasons.HeldOutPrompt], prepared.Dropped.Select(drop => drop.Reason));
        Assert.Equal(600, RowReader.Examples(At("sft.jsonl"), BadRows.Refuse).Rows.Length);

        var seen = Inspector.Inspect(At("pairs.jsonl"), null, null);
        Assert.Equal(0.2, seen.Flipped!.Value, 1e-12);
        Assert.True(seen.ChosenLonger > 0.6);
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        Refused("--flip", Small with { Flip = 1.5 });
        Refused("--spurious", Small with { Spurious = double.NaN });
        Refused("--mistakes", Small with { Mistakes = -0.1 });
        Refused("--eval", Small with { Eval = 0 });
        Refused("--eval", Small with { Eval = 5000 });
        Refused("--prompts", Small with { Prompts = 50000 });
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void A_folder_that_is_a_file_is_refused()
    {
        var path = Path.Combine(_folder, "file");
        File.WriteAllText(path, "x");
        var error = Assert.Throws<InputException>(() => WorldMaker.Make(Small, path));
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, AnswerCheck> Checks() =>
        WorldKinds.All.SelectMany(kind => kind.Forms()).SelectMany(form => form.Tasks).ToDictionary(task => task.Prompt, task => task.Check);

    private static string Text(JsonElement row, string name) => row.GetProperty(name).GetString()!;

    private void Refused(string option, WorldOptions options) =>
        Assert.StartsWith(option + ":", Assert.Throws<InputException>(() => WorldMaker.Make(options, _folder)).Message, StringComparison.Ordinal);

    private List<JsonElement> Read(string name) =>
        [.. File.ReadAllLines(Path.Combine(_folder, name)).Select(line => JsonDocument.Parse(line).RootElement)];
}

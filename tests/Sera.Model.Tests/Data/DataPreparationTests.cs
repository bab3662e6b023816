using CsCheck;
using Sera.Model.Data;
using Xunit;

namespace Sera.Model.Tests.Data;

public sealed class DataPreparationTests : IDisposable
{
    private const int Context = 64;

    private static readonly ByteTokenizer Tokenizer = new();

    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Prompts_begin_with_the_beginning_token_and_responses_end_with_the_ending_one()
    {
        var path = _folder.Write("pairs.jsonl", """{"id":"x","prompt":"A","chosen":"B","rejected":"C","flipped":false}""");
        var row = Assert.Single(Prepare(new DataOptions(path, HeldOut: 0)).Train);
        Assert.Equal(("x", "A", "B", "C", false), (row.Id, row.Prompt, row.Chosen, row.Rejected, row.Flipped));
        Assert.Equal([1, 'A' + 3], row.PromptTokens.ToArray());
        Assert.Equal(['B' + 3, 2], row.ChosenTokens.ToArray());
        Assert.Equal(['C' + 3, 2], row.RejectedTokens.ToArray());
        Assert.Equal(['B' + 3], Prepare(new DataOptions(path, HeldOut: 0, AppendEos: false)).Train[0].ChosenTokens.ToArray());
    }

    /// <summary>Lengths in tokens: BOS and 9 letters, then 20 or 4 letters and EOS: 31 in all.</summary>
    [Fact]
    public void What_does_not_fit_is_dropped_and_counted_or_refused_with_its_line_and_lengths()
    {
        var path = _folder.Write("pairs.jsonl", Pair(1, "p", "c", "r"), Pair(2, new string('p', 9), new string('c', 20), "rrrr"), Pair(3, new string('q', 40), "c", "r"));
        Assert.Equal(3, Prepare(new DataOptions(path, HeldOut: 0)).Train.Length);
        Assert.Equal(2, Prepare(new DataOptions(path, HeldOut: 0, MaxLength: 31)).Train.Length);

        var dropped = Prepare(new DataOptions(path, HeldOut: 0, MaxLength: 30));
        Assert.Equal(["1"], dropped.Train.Select(row => row.Id));
        Assert.Equal([new DropCount(path, BadRowReasons.PromptTooLong, 1, 3), new DropCount(path, BadRowReasons.TooLong, 1, 2)], dropped.Dropped.ToArray());

        var error = Refused(new DataOptions(path, HeldOut: 0, MaxLength: 30, TooLong: TooLong.Refuse), $"{path}:2: ");
        Assert.Contains("a prompt of 10 tokens and responses of 21 (chosen) and 5 (rejected); expected at most 30", error, StringComparison.Ordinal);
    }

    /// <summary>Lengths in tokens as above: 31 and 41 with one of each response; row 4 has responses that fit no cut prompt.</summary>
    [Fact]
    public void What_does_not_fit_is_cut_and_counted_where_a_cut_makes_it_fit()
    {
        var path = _folder.Write(
            "pairs.jsonl", Pair(1, "p", "c", "r"), Pair(2, "abcdefghi", new string('c', 20), "rrrr"), Pair(3, new string('q', 40), "c", "r"),
            Pair(4, "p", new string('x', 40) + "y", new string('x', 40) + "z"));

        var responses = Prepare(new DataOptions(path, HeldOut: 0, MaxLength: 30, TooLong: TooLong.CutResponse));
        Assert.Equal(["1", "2"], responses.Train.Select(row => row.Id));
        Assert.Equal(Enumerable.Repeat('c' + 3, 20), responses.Train[1].ChosenTokens);
        Assert.Equal(2, responses.Train[1].RejectedTokens[^1]);
        Assert.Equal([new DropCount(path, CutReasons.Response, 1, 2)], responses.Cut.ToArray());
        Assert.Equal([new DropCount(path, BadRowReasons.CutIdentical, 1, 4), new DropCount(path, BadRowReasons.PromptTooLong, 1, 3)], responses.Dropped.ToArray());

        var prompts = Prepare(new DataOptions(path, HeldOut: 0, MaxLength: 30, TooLong: TooLong.CutPrompt));
        Assert.Equal(["1", "2", "3"], prompts.Train.Select(row => row.Id));
        Assert.Equal([1, .. "bcdefghi".Select(c => c + 3)], prompts.Train[1].PromptTokens.ToArray());
        Assert.Equal(28, prompts.Train[2].PromptTokens.Length);
        Assert.Equal([new DropCount(path, CutReasons.Prompt, 2, 2)], prompts.Cut.ToArray());
        Assert.Equal([new DropCount(path, BadRowReasons.TooLong, 1, 4)], prompts.Dropped.ToArray());
    }

    [Fact]
    public void Cut_pairs_fit_and_those_that_fit_are_left_alone() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[8, Context], Gen.Bool).Sample(
            (prompt, chosen, rejected, max, cutPrompt) =>
            {
                var path = _folder.Write("pairs.jsonl", Pair(0, "p", "c", "r"), Pair(1, new string('p', prompt), new string('c', chosen), new string('r', rejected)));
                var options = new DataOptions(path, HeldOut: 0, MaxLength: max);
                var (before, after) = (Prepare(options), Prepare(options with { TooLong = cutPrompt ? TooLong.CutPrompt : TooLong.CutResponse }));
                Assert.All(after.Train, row => Assert.InRange(row.PromptTokens.Length + Math.Max(row.ChosenTokens.Length, row.RejectedTokens.Length), 4, max));
                Assert.Equal(2, after.Train.Length + after.Dropped.Sum(drop => drop.Count));
                Assert.Equal(after.Train.Length - before.Train.Length, after.Cut.Sum(cut => cut.Count));
            },
            iter: 200,
            threads: 1);

    [Fact]
    public void A_prompt_that_fills_the_context_is_named_when_nothing_else_is_left_or_refusal_is_asked()
    {
        var path = _folder.Write("pairs.jsonl", Pair(1, new string('p', Context - 1), "c", "r"));
        Assert.Contains($"a prompt of {Context} tokens; expected fewer than {Context}", Refused(new DataOptions(path, HeldOut: 0), $"{path}:1: "), StringComparison.Ordinal);
        var good = _folder.Write("good.jsonl", Pair(1, "p", "c", "r"));
        var prompts = _folder.Write("prompts.jsonl", """{"prompt":"short"}""", $$"""{"prompt":"{{new string('p', Context - 1)}}"}""");
        Assert.Equal(["short"], Prepare(new DataOptions(good, prompts, HeldOut: 0)).Prompts.Select(row => row.Prompt));
        Refused(new DataOptions(good, prompts, HeldOut: 0, TooLong: TooLong.Refuse), $"{prompts}:2: ");
        var eval = _folder.Write("eval.jsonl", $$$"""{"prompt":"{{{new string('p', Context - 1)}}}","check":{"kind":"any","answers":["a"]}}""");
        Refused(new DataOptions(good, Eval: eval, HeldOut: 0), $"{eval}:1: ");
    }

    [Fact]
    public void A_token_beyond_the_vocabulary_is_refused_whatever_the_options()
    {
        var path = _folder.Write("pairs.jsonl", Pair(1, "p", "c", "r"), Pair(2, "p", "c", "~"));
        var error = Assert.Throws<InputException>(() =>
            DataPreparation.Prepare(new DataOptions(path, HeldOut: 0, OnBadRow: BadRows.Drop), 1, Tokenizer, Context, vocabularySize: '~' + 3));
        Assert.StartsWith($"{path}:2: token id {'~' + 3}; expected an id below", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_cannot_hold_are_refused_by_name()
    {
        var path = _folder.Write("pairs.jsonl", Pair(1, "p", "c", "r"));
        Refused(new DataOptions(path, MaxLength: Context + 1), "data.max-length: ");
        Refused(new DataOptions(path, MaxLength: -1), "data.max-length: ");
        var error = Assert.Throws<InputException>(() => DataPreparation.Prepare(new DataOptions(path), 1, new ByteTokenizer { EosId = null }, Context, 259));
        Assert.StartsWith("data.append-eos: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_rows_are_refused_by_default_and_counted_by_reason_when_dropped()
    {
        var path = _folder.Write("pairs.jsonl", Pair(1, "p", "c", "r"), Pair(2, "p", "c", "c"), Pair(3, "p", "c", ""), Pair(4, "q", "d", "d"));
        Assert.Contains("data.on-bad-row", Refused(new DataOptions(path, HeldOut: 0), $"{path}:2: "), StringComparison.Ordinal);
        var prepared = Prepare(new DataOptions(path, HeldOut: 0, OnBadRow: BadRows.Drop));
        Assert.Equal(
            [new DropCount(path, BadRowReasons.EmptyResponse, 1, 3), new DropCount(path, BadRowReasons.Identical, 2, 2)], prepared.Dropped.ToArray());
        Assert.Contains("3 rows left out", Assert.Single(prepared.Announcements), StringComparison.Ordinal);
    }

    [Fact]
    public void The_limit_counts_pairs_that_fit_in_file_order()
    {
        var path = _folder.Write("pairs.jsonl", [.. Enumerable.Range(1, 9000).Select(n => Pair(n, $"prompt {n}", n % 2 == 0 ? "c" : new string('c', 99), "r"))]);
        var prepared = Prepare(new DataOptions(path, HeldOut: 0, Limit: 3000));
        Assert.Equal(Enumerable.Range(1, 3000).Select(n => $"{2 * n}"), prepared.Train.Select(row => row.Id));
    }

    [Fact]
    public void All_pairs_of_a_prompt_fall_on_one_side_and_no_order_of_rows_changes_it()
    {
        var lines = Enumerable.Range(0, 600).Select(n => Pair(n, $"prompt {n / 3}", $"c{n}", "r")).ToArray();
        var prepared = Prepare(new DataOptions(_folder.Write("a.jsonl", lines), HeldOut: 0.2));
        Assert.Empty(prepared.Train.Select(row => row.Prompt).Intersect(prepared.HeldOut.Select(row => row.Prompt)));
        Assert.Equal(600, prepared.Train.Length + prepared.HeldOut.Length);
        Assert.InRange(prepared.HeldOut.Length, 60, 180);
        Assert.Equal(prepared.Train.Select(row => row.Prompt).Distinct(), prepared.Prompts.Select(row => row.Prompt));

        var reversed = Prepare(new DataOptions(_folder.Write("b.jsonl", [.. lines.Reverse()]), HeldOut: 0.2));
        Assert.Equal(prepared.HeldOut.Select(row => row.Id).Order(), reversed.HeldOut.Select(row => row.Id).Order());
        var other = DataPreparation.Prepare(new DataOptions(_folder.PathOf("a.jsonl"), HeldOut: 0.2), 2, Tokenizer, Context, 259);
        Assert.NotEqual(prepared.HeldOut.Select(row => row.Id).Order(), other.HeldOut.Select(row => row.Id).Order());
    }

    [Fact]
    public void A_larger_share_keeps_all_of_a_smaller_one_aside() =>
        Gen.Select(Gen.String, Gen.ULong, Gen.Double[0, 0.5], Gen.Double[0, 0.5]).Sample((prompt, seed, a, b) =>
            !PromptSplit.IsHeldOut(prompt, seed, Math.Min(a, b)) || PromptSplit.IsHeldOut(prompt, seed, Math.Max(a, b)));

    [Fact]
    public void Bootstrapping_prompts_that_repeat_or_are_kept_aside_are_left_out_and_counted()
    {
        var pairs = _folder.Write("pairs.jsonl", [.. Enumerable.Range(0, 100).Select(n => Pair(n, $"prompt {n}", "c", "r"))]);
        var prompts = _folder.Write("prompts.jsonl", [.. Enumerable.Range(0, 200).Select(n => $$"""{"prompt":"prompt {{n % 100}}"}""")]);
        var prepared = Prepare(new DataOptions(pairs, prompts, HeldOut: 0.2));
        Assert.Equal(prepared.Train.Select(row => row.Prompt), prepared.Prompts.Select(row => row.Prompt));
        Assert.Equal(
            [(BadRowReasons.HeldOutPrompt, prepared.HeldOut.Length), (BadRowReasons.RepeatedPrompt, 100)],
            prepared.Dropped.Where(drop => drop.File == prompts).Select(drop => (drop.Reason, drop.Count)));
    }

    [Fact]
    public void Evaluation_prompts_keep_their_checks_and_those_seen_in_training_are_counted()
    {
        var pairs = _folder.Write("pairs.jsonl", Pair(1, "p", "c", "r"));
        var eval = _folder.Write(
            "eval.jsonl", """{"prompt":"new","check":{"kind":"exact","answers":["a"]}}""", """{"id":"e","prompt":"p","check":{"kind":"any","answers":["b"]}}""");
        var prepared = Prepare(new DataOptions(pairs, Eval: eval, HeldOut: 0));
        Assert.Equal([("line-1", "new", "a"), ("e", "p", "b")], prepared.Eval.Select(row => (row.Id, row.Prompt, row.Check.Answers[0])));
        Assert.Equal(1, prepared.EvalSeen);
    }

    private static PreparedData Prepare(DataOptions options) => DataPreparation.Prepare(options, 1, Tokenizer, Context, Tokenizer.VocabularySize);

    private static string Pair(int id, string prompt, string chosen, string rejected) =>
        $$"""{"id":"{{id}}","prompt":"{{prompt}}","chosen":"{{chosen}}","rejected":"{{rejected}}"}""";

    private static string Refused(DataOptions options, string start)
    {
        var error = Assert.Throws<InputException>(() => Prepare(options));
        Assert.StartsWith(start, error.Message, StringComparison.Ordinal);
        return error.Message;
    }
}

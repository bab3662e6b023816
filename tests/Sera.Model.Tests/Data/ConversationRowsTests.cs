using System.Text.Json;
using System.Text.Json.Nodes;
using Sera.Model.Data;
using Sera.Model.Data.Conversion;
using Sera.Model.Data.Inspecting;
using Sera.Model.Tests.Tokenization;
using Sera.Model.Tokenization;
using Xunit;

namespace Sera.Model.Tests.Data;

public sealed class ConversationRowsTests : IDisposable
{
    private const string ChatML =
        "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    private const string Prompt = """{"role":"system","content":"S"},{"role":"user","content":"Q"}""";
    private const string Written = "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n";

    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static readonly string[] Rows =
    [
        $$"""{"prompt":[{{Prompt}}],"chosen":[{"role":"assistant","content":"A"}],"rejected":[{"role":"assistant","content":"B"}]}""",
        $$"""{"prompt":[{{Prompt}}],"chosen":"A","rejected":"B"}""",
        $$"""{"chosen":[{{Prompt}},{"role":"assistant","content":"A"}],"rejected":[{{Prompt}},{"role":"assistant","content":"B"}]}""",
        $$"""{"prompt":"Q","score":1,"chosen":[{{Prompt}},{"role":"assistant","content":"A"}],"rejected":[{{Prompt}},{"role":"assistant","content":"B"}]}""",
    ];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Messages_become_texts_through_the_policys_template(int row)
    {
        var texts = RowReader.Pairs(_folder.Write("a.jsonl", Rows[row]), BadRows.Refuse, Tokenizer(ChatML));
        Assert.Equal(RowShape.Conversations, texts.Shape);
        var pair = Assert.Single(texts.Rows);
        Assert.Equal((Written, "A<|im_end|>\n", "B<|im_end|>\n", true), (pair.Prompt, pair.Chosen, pair.Rejected, pair.Rendered));
    }

    [Fact]
    public void A_prompt_in_words_before_messages_is_the_users()
    {
        var path = _folder.Write("a.jsonl", """{"id":7,"prompt":"Q","chosen":[{"role":"assistant","content":"A"}],"rejected":[{"role":"assistant","content":"B"}],"flipped":true}""");
        var pair = Assert.Single(RowReader.Pairs(path, BadRows.Refuse, Tokenizer(ChatML)).Rows);
        Assert.Equal(("7", "<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n", true), (pair.Id, pair.Prompt, pair.Flipped));
    }

    [Fact]
    public void Tokens_are_those_of_the_rendered_text_and_nothing_is_added_to_them()
    {
        var path = _folder.Write("a.jsonl", $$"""{"prompt":[{{Prompt}}],"chosen":"A","rejected":"Bb"}""");
        var prompts = _folder.Write("p.jsonl", """{"prompt":[{"role":"user","content":"other"}]}""", """{"prompt":"plain"}""");
        var tokenizer = Tokenizer(ChatML);
        var data = DataPreparation.Prepare(new DataOptions(path, prompts, HeldOut: 0), 1, tokenizer, 1000, tokenizer.VocabularySize);
        var row = Assert.Single(data.Train);
        Assert.Equal(tokenizer.EncodeRendered(Written), row.PromptTokens.ToArray());
        Assert.Equal(tokenizer.EncodeRendered(Written + "A<|im_end|>\n"), row.PromptTokens.AddRange(row.ChosenTokens).ToArray());
        Assert.Equal([tokenizer.EncodeRendered("<|im_end|>")[0], (int)'\n'], row.RejectedTokens.ToArray()[^2..]);
        Assert.Equal(
            [tokenizer.EncodeRendered("<|im_start|>user\nother<|im_end|>\n<|im_start|>assistant\n"), tokenizer.Encode("plain")],
            data.Prompts.Select(prompt => prompt.PromptTokens.ToArray()));
    }

    [Theory]
    [InlineData("""{"prompt":[{"role":"user","content":"Q"}],"chosen":"A","rejected":"A"}""", BadRowReasons.Identical, "chosen equals rejected")]
    [InlineData("""{"prompt":[{"role":"user","content":"Q"}],"chosen":"A","rejected":" "}""", BadRowReasons.EmptyResponse, "the response of 'rejected' is empty")]
    [InlineData("""{"prompt":[],"chosen":"A","rejected":"B"}""", BadRowReasons.EmptyPrompt, "no message before the response")]
    [InlineData("""{"prompt":[{"role":"assistant","content":"Q"}],"chosen":"A","rejected":"B"}""", BadRowReasons.BadConversation, "last message is the assistant's")]
    [InlineData("""{"prompt":[{"role":"user"}],"chosen":"A","rejected":"B"}""", BadRowReasons.WrongType, "'prompt[0]' has no content")]
    [InlineData("""{"prompt":["Q"],"chosen":"A","rejected":"B"}""", BadRowReasons.WrongType, "'prompt[0]' is no message")]
    [InlineData("""{"prompt":[{"role":"user","content":"Q"}],"chosen":"A"}""", BadRowReasons.MissingField, "no field 'rejected'")]
    [InlineData("""{"prompt":[{"role":"user","content":"\ud800"}],"chosen":"A","rejected":"B"}""", BadRowReasons.BrokenJson, "surrogate")]
    [InlineData("""{"chosen":[{"role":"user","content":"P"},{"role":"assistant","content":"A"}],"rejected":[{"role":"user","content":"Q"},{"role":"assistant","content":"B"}]}""", BadRowReasons.NoCommonPrompt, "share no first message")]
    [InlineData("""{"prompt":"X","chosen":[{"role":"user","content":"Q"},{"role":"assistant","content":"A"}],"rejected":[{"role":"user","content":"Q"},{"role":"assistant","content":"B"}]}""", BadRowReasons.BadConversation, "'prompt' is no message")]
    [InlineData("""{"prompt":[{"role":"user","content":"Q"}],"chosen":[{"role":"assistant","content":"A"},{"role":"user","content":"more"}],"rejected":"B"}""", BadRowReasons.BadConversation, "has 2 messages (assistant, user)")]
    [InlineData("""{"prompt":[{"role":"tool","content":"Q"}],"chosen":"A","rejected":"B"}""", BadRowReasons.TemplateRefused, "chat_template.jinja:1 refuses the conversation (no tools)")]
    public void A_conversation_that_does_not_fit_is_a_bad_row_with_its_reason(string row, string reason, string found)
    {
        var tokenizer = Tokenizer("{% if messages[0].role == 'tool' %}{{ raise_exception('no tools') }}{% endif %}" + ChatML);
        var path = _folder.Write("a.jsonl", row, $$"""{"prompt":[{{Prompt}}],"chosen":"A","rejected":"B"}""");
        var problem = Assert.Single(RowReader.Pairs(path, BadRows.Drop, tokenizer).Problems);
        Assert.Equal((1, reason), (problem.Line, problem.Reason));
        Assert.Contains(found, problem.Message, StringComparison.Ordinal);
    }

    /// <summary>A template that writes an opening before answers which it leaves out once they are given, as reasoning models do.</summary>
    [Fact]
    public void A_prompt_that_is_no_beginning_of_the_whole_text_makes_a_bad_row()
    {
        var tokenizer = Tokenizer(ChatML.Replace("assistant\n' }}{% endif %}", "assistant\n<think>' }}{% endif %}", StringComparison.Ordinal));
        var error = Assert.Throws<InputException>(() => RowReader.Pairs(_folder.Write("a.jsonl", Rows[0]), BadRows.Refuse, tokenizer));
        Assert.Contains("writes prompt and 'chosen' otherwise than it begins the prompt alone", error.Message, StringComparison.Ordinal);
    }

    /// <summary>"t" and "A" are one token here, so that the prompt "...assistant" ends within a token of the whole.</summary>
    [Fact]
    public void A_prompt_that_ends_within_a_token_makes_a_bad_row()
    {
        var tokenizer = Tokenizer("{% for m in messages %}{{ m.role }}{{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant{% endif %}", "t A");
        string Row(string chosen) => $$"""{"prompt":[{"role":"user","content":"Q"}],"chosen":"{{chosen}}","rejected":"B"}""";
        var path = _folder.Write("a.jsonl", Row("A"), Row("C"));
        var error = Assert.Throws<InputException>(() => DataPreparation.Prepare(new DataOptions(path, HeldOut: 0), 1, tokenizer, 1000, tokenizer.VocabularySize));
        Assert.StartsWith($"{path}:1: the tokens of the prompt are not those with which prompt and response begin; ", error.Message, StringComparison.Ordinal);
        var data = DataPreparation.Prepare(new DataOptions(path, HeldOut: 0, OnBadRow: BadRows.Drop), 1, tokenizer, 1000, tokenizer.VocabularySize);
        Assert.Equal(["line-2"], data.Train.Select(row => row.Id));
        Assert.Equal([new DropCount(path, BadRowReasons.PromptNotPrefix, 1, 1)], data.Dropped.ToArray());
    }

    [Fact]
    public void Without_a_template_conversations_are_refused_whatever_the_options()
    {
        var path = _folder.Write("a.jsonl", Rows[0]);
        foreach (var tokenizer in new ITextTokenizer?[] { null, Tokenizer(null) })
        {
            var error = Assert.Throws<InputException>(() => RowReader.Pairs(path, BadRows.Drop, tokenizer));
            Assert.StartsWith($"{path}:1: messages, and no chat template to write them with; ", error.Message, StringComparison.Ordinal);
        }
        Assert.Contains("no chat template", Assert.Single(Inspector.Inspect(path, null, null).Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fault_of_the_template_is_never_counted_as_a_bad_row()
    {
        var path = _folder.Write("a.jsonl", Rows[0]);
        var error = Assert.Throws<InputException>(() => RowReader.Pairs(path, BadRows.Drop, Tokenizer("{% for a in range(999999) %}{% endfor %}")));
        Assert.Contains("chat_template.jinja:1: a range of more than 100000 numbers; ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_are_measured_in_the_tokens_of_their_rendered_texts()
    {
        var seen = Inspector.Inspect(_folder.Write("a.jsonl", Rows[0], Rows[1]), Tokenizer(ChatML), 1000);
        Assert.Equal((RowShape.Conversations, 2, 0), (seen.Shape, seen.Rows, seen.Problems.Length));
        Assert.Equal(Tokenizer(ChatML).EncodeRendered(Written).Length, seen.Lengths[0].Values[0]);
    }

    /// <summary>Labels turn conversations, and new pairs of bare texts do not come among them.</summary>
    [Fact]
    public void Labels_apply_to_conversations_and_bring_no_texts_among_them()
    {
        var path = _folder.Write("a.jsonl", Rows[0]);
        var tokenizer = Tokenizer(ChatML);
        var labels = _folder.Write("l.jsonl", """{"id":"line-1","preferred":"rejected"}""");
        var data = DataPreparation.Prepare(new DataOptions(path, HeldOut: 0, Labels: labels), 1, tokenizer, 1000, tokenizer.VocabularySize);
        Assert.Equal("B<|im_end|>\n", Assert.Single(data.Train).Chosen);
        labels = _folder.Write("l.jsonl", """{"id":"new","prompt":"p","chosen":"c","rejected":"r","preferred":"chosen"}""");
        var error = Assert.Throws<InputException>(
            () => DataPreparation.Prepare(new DataOptions(path, HeldOut: 0, Labels: labels), 1, tokenizer, 1000, tokenizer.VocabularySize));
        Assert.Contains("whose conversations new pairs of texts cannot join", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"prompt":[%],"response":"A"}""")]
    [InlineData("""{"prompt":[%],"completion":[{"role":"assistant","content":"A"}]}""")]
    [InlineData("""{"prompt":[%],"response":[{"role":"assistant","content":"A"}]}""")]
    [InlineData("""{"messages":[%,{"role":"assistant","content":"A"}]}""")]
    public void Examples_of_messages_are_read_in_the_forms_that_others_have(string row)
    {
        var example = Assert.Single(RowReader.Examples(_folder.Write("a.jsonl", row.Replace("%", Prompt, StringComparison.Ordinal)), BadRows.Refuse, Tokenizer(ChatML)).Rows);
        Assert.Equal(("line-1", Written, "A<|im_end|>\n", true), (example.Id, example.Prompt, example.Response, example.Rendered));
    }

    /// <summary>So that all that the assistant says is trained on, once, and nothing that the user says.</summary>
    [Fact]
    public void Each_message_of_the_assistant_is_an_example_behind_all_before_it()
    {
        var path = _folder.Write(
            "a.jsonl", $$"""{"id":"d","messages":[{{Prompt}},{"role":"assistant","content":"A"},{"role":"user","content":"R"},{"role":"assistant","content":"B"}]}""");
        var tokenizer = Tokenizer(ChatML);
        var rows = DataPreparation.Examples(path, tokenizer, tokenizer.EosId!.Value, 1000, tokenizer.VocabularySize);
        var second = Written + "A<|im_end|>\n<|im_start|>user\nR<|im_end|>\n<|im_start|>assistant\n";
        Assert.Equal(["d/1", "d/2"], rows.Select(row => row.Id));
        Assert.Equal([tokenizer.EncodeRendered(Written), tokenizer.EncodeRendered(second)], rows.Select(row => row.PromptTokens.ToArray()));
        Assert.Equal([tokenizer.EncodeRendered("A<|im_end|>\n"), tokenizer.EncodeRendered("B<|im_end|>\n")], rows.Select(row => row.ResponseTokens.ToArray()));
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"Q"}]}""", "no message of the assistant")]
    [InlineData("""{"messages":[{"role":"assistant","content":"A"}]}""", "no message before the response")]
    [InlineData("""{"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":""}]}""", "the response of 'messages[1]' is empty")]
    [InlineData("""{"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":"A"},{"role":"assistant","content":"B"}]}""", "last message is the assistant's")]
    [InlineData("""{"prompt":[{"role":"user","content":"Q"}]}""", "no field 'response'")]
    public void Examples_without_something_to_train_on_are_refused(string row, string found)
    {
        var error = Assert.Throws<InputException>(() => RowReader.Examples(_folder.Write("a.jsonl", row), BadRows.Refuse, Tokenizer(ChatML)));
        Assert.StartsWith(_folder.PathOf("a.jsonl") + ":1: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluation_prompts_may_be_messages()
    {
        var path = _folder.Write("a.jsonl", $$$"""{"prompt":[{{{Prompt}}}],"check":{"kind":"exact","answers":["A"]}}""");
        var row = Assert.Single(RowReader.Evaluation(path, BadRows.Refuse, Tokenizer(ChatML)).Rows);
        Assert.Equal((Written, "exact", true), (row.Prompt, row.Check.Kind, row.Rendered));
    }

    /// <summary>Binarized UltraFeedback serves policies with a chat template and those without.</summary>
    [Fact]
    public void A_dialogue_of_one_turn_is_a_conversation_where_there_is_a_template_and_else_texts()
    {
        var path = _folder.Write(
            "a.jsonl",
            """{"prompt":"Q","chosen":[{"role":"user","content":"Q"},{"role":"assistant","content":"A"}],"rejected":[{"role":"user","content":"Q"},{"role":"assistant","content":"B"}],"score_chosen":9,"score_rejected":2}""");
        var texts = RowReader.Pairs(path, BadRows.Refuse, Tokenizer(null));
        var conversations = RowReader.Pairs(path, BadRows.Refuse, Tokenizer(ChatML));
        Assert.Equal((RowShape.Binarized, "Q", "A"), (texts.Shape!.Value, texts.Rows[0].Prompt, texts.Rows[0].Chosen));
        Assert.Equal((RowShape.Conversations, "A<|im_end|>\n"), (conversations.Shape!.Value, conversations.Rows[0].Chosen));
    }

    /// <summary>A template is the policy's, and no part of the data: what is converted is as good for another.</summary>
    [Fact]
    public void Converted_conversations_stay_messages_that_any_template_writes()
    {
        var source = _folder.Write("a.jsonl", Rows);
        var made = RowConversion.Convert(source, _folder.PathOf("b.jsonl"), BadRows.Refuse);
        Assert.Equal((RowShape.Conversations, 4), (made.Shape!.Value, made.Rows));
        var tokenizer = Tokenizer(ChatML);
        Assert.Equal(RowReader.Pairs(source, BadRows.Refuse, tokenizer).Rows.ToArray(), RowReader.Pairs(made.To, BadRows.Refuse, tokenizer).Rows.ToArray());
        Assert.Equal("""{"id":"line-2","prompt":[""" + Prompt.Replace("\":\"", "\": \"", StringComparison.Ordinal).Replace(",\"", ", \"", StringComparison.Ordinal).Replace("},", "}, ", StringComparison.Ordinal)
            + """],"chosen":[{"role": "assistant", "content": "A"}],"rejected":[{"role": "assistant", "content": "B"}]}""", File.ReadLines(made.To).ElementAt(1));

        var dialogue = _folder.Write("c.jsonl", $$"""{"id":"d","messages":[{{Prompt}},{"role":"assistant","content":"A"},{"role":"user","content":"R"},{"role":"assistant","content":"B"}]}""");
        var examples = RowConversion.Convert(dialogue, _folder.PathOf("d.jsonl.gz"), BadRows.Refuse);
        Assert.Equal(RowReader.Examples(dialogue, BadRows.Refuse, tokenizer).Rows.Select(row => (row.Id, row.Prompt, row.Response)), RowReader.Examples(examples.To, BadRows.Refuse, tokenizer).Rows.Select(row => (row.Id, row.Prompt, row.Response)));
        Assert.Contains("messages, which are no columns", Assert.Throws<InputException>(() => RowConversion.Convert(source, _folder.PathOf("e.parquet"), BadRows.Refuse)).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.PathOf("e.parquet")));
    }

    /// <summary>A template wrote no beginning-of-sequence token, so that there is none to keep.</summary>
    [Fact]
    public void A_prompt_of_messages_is_cut_on_the_left()
    {
        var tokenizer = Tokenizer(ChatML);
        var path = _folder.Write("a.jsonl", $$"""{"prompt":[{{Prompt}}],"chosen":"A","rejected":"B"}""");
        var options = new DataOptions(path, HeldOut: 0, MaxLength: 20, TooLong: TooLong.CutPrompt);
        var row = Assert.Single(DataPreparation.Prepare(options, 1, tokenizer, 1000, tokenizer.VocabularySize).Train);
        Assert.Equal(tokenizer.EncodeRendered(Written)[^(20 - row.ChosenTokens.Length)..], row.PromptTokens.ToArray());
    }

    /// <summary>What was asked is the same whether a template wrote it or not, in any language.</summary>
    [Fact]
    public void Evaluation_prompts_in_words_are_found_in_conversations_and_the_other_way_round()
    {
        const string Long = "Which of the planets of the solar system has the largest number of moons, and how were they found?";
        static string User(string text) => $$"""{"role":"user","content":"{{text}}"}""";
        static string Row(string prompt) => $$"""{"prompt":[{"role":"system","content":"What is red?"},{{prompt}}],"chosen":"A","rejected":"B"}""";
        var answer = """{"role":"assistant","content":"What is blue?"}""";
        var data = _folder.Write(
            "a.jsonl", Row(User("What is RED")), Row(User("什么是红色")), Row($$"""{"role":"user","content":[{"type":"text","text":"What is red?"}]}"""), Row(User(Long.Replace("found", "named", StringComparison.Ordinal))),
            Row($"{User("what is red?")},{answer},{User("And now?")}"), Row(User("What is blue, and what green?")));
        var eval = _folder.Write("e.jsonl", """{"prompt":"What is red?"}""", """{"prompt":"什么是红色？"}""", $$"""{"prompt":"{{Long}}"}""", """{"prompt":"What is blue?"}""");
        var tokenizer = Tokenizer(ChatML.Replace("m.content", "(m.content if m.content is string else m.content[0].text)", StringComparison.Ordinal));
        Assert.Equal(new EvaluationOverlap(4, 4, 1), Inspector.Inspect(data, tokenizer, null, eval).Overlap);
        var asked = _folder.Write("c.jsonl", """{"prompt":"what is red"}""", """{"prompt":"And now?"}""");
        Assert.Equal(new EvaluationOverlap(4, 1, 0), Inspector.Inspect(asked, tokenizer, null, _folder.Write("d.jsonl", File.ReadAllLines(data)[..2].Append(File.ReadAllLines(data)[4]).Append(Row(User("x"))).ToArray())).Overlap);
    }

    /// <summary>1,300 turns of 100 letters are 130 kB, and 84 million letters as examples.</summary>
    [Fact]
    public void A_conversation_that_would_become_too_many_examples_is_a_bad_row()
    {
        static string Turns(int count) => $$"""{"messages":[{{string.Join(',', Enumerable.Repeat("""{"role":"user","content":"LETTERS"},{"role":"assistant","content":"A"}""", count)).Replace("LETTERS", new string('x', 100), StringComparison.Ordinal)}}]}""";
        var path = _folder.Write("a.jsonl", Turns(1300), Turns(20));
        var read = RowReader.Any(path, Tokenizer("{% for m in messages %}{{ m.content }}{% endfor %}"));
        Assert.Equal(20, read.Rows.Length);
        var problem = Assert.Single(read.Problems);
        Assert.Equal((1, BadRowReasons.TooManyTurns), (problem.Line, problem.Reason));
        Assert.Contains("1300 answers in one conversation", problem.Message, StringComparison.Ordinal);
        Assert.Contains("at most 67108864: the conversation in shorter ones", problem.Message, StringComparison.Ordinal);
    }

    /// <summary>256 bytes, the merges, then ChatML's two marks.</summary>
    private HfTokenizer Tokenizer(string? template, params string[] merges)
    {
        var json = TinyTokenizers.ByteLevel(merges);
        json["added_tokens"] = new JsonArray(TinyTokenizers.Added(256 + merges.Length, "<|im_start|>"), TinyTokenizers.Added(257 + merges.Length, "<|im_end|>"));
        _folder.Write("tokenizer.json", json.ToJsonString());
        _folder.Write("tokenizer_config.json", JsonSerializer.Serialize(new { eos_token = "<|im_end|>" }));
        if (template is null) File.Delete(_folder.PathOf("chat_template.jinja"));
        else _folder.Write("chat_template.jinja", template);
        return HfTokenizer.Load(Path.GetDirectoryName(_folder.PathOf("x"))!);
    }
}

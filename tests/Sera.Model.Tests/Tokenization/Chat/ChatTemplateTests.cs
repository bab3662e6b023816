using System.Text.Json;
using Sera.Model.Data;
using Sera.Model.Tokenization.Chat;
using Xunit;

namespace Sera.Model.Tests.Tokenization.Chat;

public sealed class ChatTemplateTests : IDisposable
{
    private const string Messages = """[{"role":"user","content":"Hi"},{"role":"assistant","content":"Ho"}]""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_without_a_template_has_none()
    {
        Assert.Null(ChatTemplate.Load(_folder.Path));
        _folder.Write("tokenizer_config.json", """{"bos_token":"<s>","chat_template":null}""");
        Assert.Null(ChatTemplate.Load(_folder.Path));
    }

    [Fact]
    public void The_template_knows_the_messages_the_special_tokens_and_whether_an_answer_shall_follow()
    {
        _folder.Write("tokenizer_config.json", JsonSerializer.Serialize(new
        {
            bos_token = "<s>",
            eos_token = new { content = "</s>" },
            pad_token = (string?)null,
            additional_special_tokens = new[] { "<|a|>", "<|b|>" },
            chat_template = "{{ bos_token }}{% for m in messages %}{{ m.role }}:{{ m['content'] }}{{ eos_token }}{% endfor %}"
                + "{{ additional_special_tokens[1] }}{{ pad_token is defined }}{{ unk_token }}{{ tools is none }}{% if add_generation_prompt %}assistant:{% endif %}",
        }));
        _folder.Write("special_tokens_map.json", """{"unk_token":"<unk>","bos_token":"not this"}""");
        Assert.Equal("<s>user:Hi</s>assistant:Ho</s><|b|>False<unk>True", Render(generationPrompt: false));
        Assert.Equal("<s>user:Hi</s>assistant:Ho</s><|b|>False<unk>Trueassistant:", Render(generationPrompt: true));
    }

    [Fact]
    public void A_file_of_its_own_comes_before_the_member_and_of_named_templates_the_default_one_is_meant()
    {
        _folder.Write("tokenizer_config.json", """{"chat_template":[{"name":"tool_use","template":"{% foo %}"},{"name":"default","template":"D"}]}""");
        Assert.Equal("D", Render(generationPrompt: true));
        _folder.Write("chat_template.jinja", "F");
        Assert.Equal("F", Render(generationPrompt: true));
    }

    [Theory]
    [InlineData("chat_template.jinja", "a\n{{ x | wordcount }}", "chat_template.jinja:2: the filter 'wordcount' is not supported; expected ")]
    [InlineData("chat_template.jinja", "{% if %}", "chat_template.jinja:1: '%}' where an expression should be; expected a chat template in Jinja; ")]
    [InlineData("tokenizer_config.json", """{"chat_template":"{{ 'x"}""", "tokenizer_config.json (chat_template):1: a text without its closing quote; ")]
    [InlineData("tokenizer_config.json", """{"chat_template":5}""", "tokenizer_config.json (chat_template): 5; expected a string; ")]
    [InlineData("tokenizer_config.json", """{"chat_template":[{"name":"rag","template":"x"}]}""", "named templates without one for conversations; ")]
    public void A_template_that_cannot_be_used_is_refused_by_file_and_line(string file, string content, string message)
    {
        _folder.Write(file, content);
        var error = Assert.Throws<InputException>(() => ChatTemplate.Load(_folder.Path));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\n{{ raise_exception('only\nusers') }}", "chat_template.jinja:2: only users; expected a conversation that this chat template can write; ")]
    [InlineData("{% for a in range(999999) %}{% endfor %}", "chat_template.jinja:1: a range of more than 100000 numbers; expected a chat template that stays within its limits; ")]
    [InlineData("{{ strftime_now('%Y') }}", "chat_template.jinja:1: 'strftime_now' is undefined, for a text must not change with the day; ")]
    public void A_failure_while_rendering_is_one_line_with_the_templates_name(string template, string message)
    {
        _folder.Write("chat_template.jinja", template);
        var error = Assert.Throws<InputException>(() => Render(generationPrompt: true));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void A_day_is_told_only_where_one_is_given()
    {
        _folder.Write("chat_template.jinja", "{% if strftime_now is defined %}{{ strftime_now('%d %b %Y') }}{% else %}26 Jul 2024{% endif %}");
        Assert.Equal("26 Jul 2024", Render(generationPrompt: true));
        using var messages = JsonDocument.Parse(Messages);
        Assert.Equal("05 Jul 2026", ChatTemplate.Load(_folder.Path, Rendered.Now)!.Render(messages.RootElement, generationPrompt: true));
    }

    private string Render(bool generationPrompt)
    {
        using var messages = JsonDocument.Parse(Messages);
        return ChatTemplate.Load(_folder.Path)!.Render(messages.RootElement, generationPrompt);
    }
}
